import { LRUCache } from 'lru-cache';
import type { Caller } from '../call/call.ts';
import type { KeptConversation, KeptResponse } from '../inbound/client-format.ts';

const maxConversations = 2000;
const maxBytes = 64 * 1024 * 1024;

/** Conversations by key, the latest ones, in this process's memory alone. */
export class ConversationStore {
  readonly #kept = new LRUCache<string, KeptConversation>({
    max: maxConversations,
    maxSize: maxBytes,
    sizeCalculation: ({ bytes }) => Math.max(1, bytes),
  });

  keep(key: string, conversation: KeptConversation): void {
    this.#kept.set(key, conversation);
  }

  recall(key: string): KeptConversation | undefined {
    return this.#kept.get(key);
  }
}

/** What other processes of the router keep for each other. */
export interface SharedConversations {
  keep(key: string, conversation: KeptConversation): void;
  recall(key: string): Promise<KeptConversation | undefined>;
}

/** The conversations that `previous_response_id` may go on from. Each belongs to the caller that it was made for. */
export class Conversations {
  readonly #own = new ConversationStore();
  readonly #shared: SharedConversations | undefined;

  /** `shared` where there are other processes. */
  constructor(shared?: SharedConversations) {
    this.#shared = shared;
  }

  keep(caller: Caller, { id, messages, bytes }: KeptResponse): void {
    this.#own.keep(keyOf(caller, id), { messages, bytes });
    this.#shared?.keep(keyOf(caller, id), { messages, bytes });
  }

  recall(caller: Caller, responseId: string): KeptConversation | undefined {
    return this.#own.recall(keyOf(caller, responseId));
  }

  /** Makes sure that what a body goes on from can be recalled, where another process had it. */
  async learn(caller: Caller, body: Buffer): Promise<void> {
    const id = this.#shared && /"previous_response_id"\s*:\s*"([^"\\]+)"/.exec(body.toString('utf8'))?.[1];
    if (!this.#shared || id === undefined || this.recall(caller, id)) return;
    const kept = await this.#shared.recall(keyOf(caller, id));
    if (kept) this.#own.keep(keyOf(caller, id), kept);
  }
}

function keyOf({ name }: Caller, responseId: string): string {
  return `${responseId} ${name}`;
}
