import { isJsonObject, type JsonObject, type MessagesRequest } from '../../protocol/messages.ts';
import { parseJson } from '../../protocol/stream-event.ts';
import type { EncodeInput } from '../dialect.ts';
import { requestedEffort } from './effort.ts';
import { pseudonym } from './identifiers.ts';
import { warn } from './warnings.ts';

/** The bound of the answer in tokens, within what the model can give and the window leaves; undefined where none is set. */
export function answerLimit({ request, abilities }: EncodeInput, warnings: string[]): number | undefined {
  const asked = request.max_tokens;
  if (typeof asked !== 'number') return undefined;
  const limit = Math.max(1, Math.min(asked, abilities.maxOutput ?? asked, roomFor(asked, abilities)));
  if (limit < asked) warn(warnings, `max_tokens lowered from ${asked} to ${limit}: more does not fit the model`);
  return limit;
}

/** What the window leaves beside the estimated prompt; never so little that the service could not say better itself. */
function roomFor(asked: number, { contextWindow, promptTokens }: EncodeInput['abilities']): number {
  if (contextWindow === undefined || !promptTokens) return asked;
  return Math.max(smallestAnswer, Math.floor(contextWindow - promptTokens() * 1.05));
}

const smallestAnswer = 1024;

/** Temperature and its like, as far as the service takes them. */
export function samplingFields({ request, quirks, abilities }: EncodeInput, warnings: string[]): JsonObject {
  const fields: JsonObject = {};
  const temperature = request.temperature ?? abilities.temperature;
  const { top_p: topP, top_k: topK } = request;
  const refused =
    quirks.sampling === 'none' || (quirks.sampling === 'without-reasoning' && !isReasoningOff(request, quirks));
  if (refused) {
    if (temperature !== undefined && temperature !== 1) warn(warnings, 'temperature dropped: not supported');
    if (topP !== undefined && topP !== 1) warn(warnings, 'top_p dropped: not supported');
  } else {
    if (temperature !== undefined)
      fields.temperature = quirks.sampling === 'up-to-1.5' ? Math.min(1.5, temperature) : temperature;
    if (topP !== undefined) fields.top_p = topP;
  }
  if (topK !== undefined && quirks.topK) fields.top_k = topK;
  else if (topK !== undefined) warn(warnings, 'top_k dropped: not supported');
  return fields;
}

function isReasoningOff(request: MessagesRequest, { efforts }: EncodeInput['quirks']): boolean {
  return requestedEffort(request).kind === 'off' && efforts.includes('none');
}

/** The stop sequences of the request that can be met. */
export function stopSequencesOf({ stop_sequences: sequences }: MessagesRequest): string[] {
  return (Array.isArray(sequences) ? sequences : []).filter(
    (sequence) => typeof sequence === 'string' && sequence !== '',
  );
}

/**
 * The stop sequences to send. Where there are more than the service takes, all are `enforced` by the router, so that it is
 * known which one was met.
 */
export function stopFields({ request, quirks }: EncodeInput): { fields: JsonObject; enforced: string[] } {
  const all = stopSequencesOf(request);
  const sent = all.slice(0, quirks.maxStopSequences);
  return { fields: sent.length > 0 ? { stop: sent } : {}, enforced: all.length > sent.length ? all : [] };
}

/** What the service may know of who asks: stable pseudonyms, where it uses them for caching and for abuse reports. */
export function identityFields({ request, quirks, sessionId }: EncodeInput): JsonObject {
  const fields: JsonObject = {};
  if (quirks.promptCacheKey) {
    if (sessionId !== undefined) fields.prompt_cache_key = pseudonym(sessionId);
    const user = userOf(request.metadata?.user_id);
    if (user !== undefined) fields.safety_identifier = pseudonym(user);
  }
  if (quirks.serviceTier && request.service_tier === 'standard_only') fields.service_tier = 'default';
  return fields;
}

/** Claude Code's id holds the installation and the session: the installation is the user. */
function userOf(userId: unknown): string | undefined {
  if (typeof userId !== 'string' || userId === '') return undefined;
  const parsed = parseJson(userId);
  return isJsonObject(parsed) && typeof parsed.device_id === 'string' ? parsed.device_id : userId;
}

/** Names the fields that the router does not know, and those whose loss a user may notice. */
export function warnOfUnknownFields(request: MessagesRequest, warnings: string[]): void {
  for (const name of Object.keys(request)) {
    if (!expressed.has(name) && !droppedByHabit.has(name)) warn(warnings, `${name} dropped: not supported`);
  }
}

const expressed = new Set([
  'model',
  'messages',
  'system',
  'max_tokens',
  'stream',
  'stop_sequences',
  'temperature',
  'top_p',
  'top_k',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'output_format',
  'metadata',
]);

/** Sent by clients with every call, or without meaning for another provider: dropped without a word. */
const droppedByHabit = new Set([
  'cache_control',
  'context_management',
  'safeguards',
  'betas',
  'anthropic_beta',
  'anthropic_version',
  'diagnostics',
  'service_tier',
  'speed',
  'inference_geo',
  'fallbacks',
  'fallback_credit_token',
  'billing_policy',
  'user_profile_id',
  'workspace_id',
  'thread',
  'container',
  'mcp_servers',
]);
