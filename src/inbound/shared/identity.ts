import type { JsonObject } from '../../protocol/messages.ts';

/** An id of OpenAI's kind, made of the call's: the same call always gets the same. */
export function idFor(prefix: string, callId: string, part?: number): string {
  const id = callId.replace(/^req_/, '');
  return part === undefined ? `${prefix}${id}` : `${prefix}${id}_${part}`;
}

/** Whole seconds, as OpenAI writes times. */
export function createdAt(startedAt: number): number {
  return Math.floor(startedAt / 1000);
}

/** OpenAI's clients read the id of a call from `x-request-id`. */
export function openAiIdHeaders(callId: string): Record<string, string> {
  return { 'request-id': callId, 'x-request-id': callId };
}

/** OpenAI's clients name with this key the calls that share a prompt. */
export function sessionOf({ prompt_cache_key: key }: JsonObject): string | undefined {
  return typeof key === 'string' && key !== '' ? key : undefined;
}
