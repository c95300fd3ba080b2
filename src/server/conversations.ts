import { LRUCache } from 'lru-cache';
import type { Caller } from '../call/call.ts';
import type { KeptConversation, KeptResponse } from '../inbound/client-format.ts';

const maxConversations = 2000;
const maxBytes = 64 * 1024 * 1024;

/**
 * The conversations that `previous_response_id` may go on from: the latest ones, in this process's memory alone. Each
 * belongs to the caller that it was made for.
 */
export class Conversations {
  readonly #kept = new LRUCache<string, KeptConversation>({
    max: maxConversations,
    maxSize: maxBytes,
    sizeCalculation: ({ bytes }) => Math.max(1, bytes),
  });

  keep(caller: Caller, { id, messages, bytes }: KeptResponse): void {
    this.#kept.set(keyOf(caller, id), { messages, bytes });
  }

  recall(caller: Caller, responseId: string): KeptConversation | undefined {
    return this.#kept.get(keyOf(caller, responseId));
  }
}

function keyOf({ name }: Caller, responseId: string): string {
  return `${responseId} ${name}`;
}
