import { type Edit, scanBody, spliceBody } from '../../protocol/body-scan.ts';
import { type ContentBlock, type InputMessage, isJsonObject, type MessagesRequest } from '../../protocol/messages.ts';
import type { EncodedRequest, EncodeInput } from '../dialect.ts';
import { isAttribution } from '../shared/attribution.ts';
import { pseudonym } from '../shared/identifiers.ts';
import { isRouterSignature } from '../shared/reasoning-state.ts';
import { fitToModel } from './fit-to-model.ts';

/**
 * The client's bytes with the upstream's model id in place of the one asked for, and `max_tokens` within the model's
 * limit. The body is written anew only where it holds what this upstream must not see, and where the router built it.
 */
export function encodeRequest(input: EncodeInput): EncodedRequest {
  const warnings: string[] = [];
  const request = withoutForeignParts(input);
  const { rawBody } = input;
  if (request === input.request && rawBody !== undefined) {
    const body = splice(rawBody, input, warnings);
    return { body, headers: headersFor(input, firstVersion), warnings, exchange: exchangeOf(input) };
  }
  const built = rawBody === undefined;
  const written = adjusted(built ? fitToModel(request, input, warnings) : request, input, warnings);
  const headers = headersFor(input, built ? versionFor(written, input) : firstVersion);
  return { body: Buffer.from(JSON.stringify(written)), headers, warnings, exchange: exchangeOf(input) };
}

function headersFor(input: EncodeInput, version: string): Record<string, string> {
  return { 'content-type': 'application/json', 'anthropic-version': version, ...input.anthropicHeaders };
}

const firstVersion = '2023-06-01';

/** The newer version refuses sampling fields; of third parties only the first is known to be understood. */
function versionFor({ temperature, top_p, top_k }: MessagesRequest, { quirks }: EncodeInput): string {
  const samples = [temperature, top_p, top_k].some((value) => value !== undefined);
  return samples || quirks.clientIdentity === 'withhold' ? firstVersion : '2026-10-21';
}

function exchangeOf(input: EncodeInput): EncodedRequest['exchange'] {
  return {
    callId: input.callId,
    provider: input.provider,
    model: input.model,
    quirks: input.quirks,
    usedToolIds: new Set(),
    toolNames: new Map(),
    toolSchemas: new Map(),
    stopSequences: [],
    promptTokens: input.abilities.promptTokens,
    passThrough: true,
  };
}

function splice(rawBody: Buffer, input: EncodeInput, warnings: string[]): Buffer {
  const wanted = changedFields(input.request, input, warnings);
  if (wanted.length === 0) return rawBody;
  const { fields } = scanBody(rawBody);
  const edits: Edit[] = [];
  const added: string[] = [];
  for (const [name, value] of wanted) {
    const span = fields.get(name);
    if (span) edits.push({ ...span, text: JSON.stringify(value) });
    else added.push(`,${JSON.stringify(name)}:${JSON.stringify(value)}`);
  }
  const end = rawBody.lastIndexOf('}');
  if (added.length > 0) edits.push({ start: end, end, text: added.join('') });
  return spliceBody(rawBody, edits);
}

function adjusted(request: MessagesRequest, input: EncodeInput, warnings: string[]): MessagesRequest {
  return { ...request, ...Object.fromEntries(changedFields(request, input, warnings)) };
}

/** The top-level fields whose value must differ from the client's. */
function changedFields(request: MessagesRequest, input: EncodeInput, warnings: string[]): [string, unknown][] {
  const changes: [string, unknown][] = [];
  if (request.model !== input.model) changes.push(['model', input.model]);
  const limit = input.abilities.maxOutput;
  if (limit !== undefined && typeof request.max_tokens === 'number' && request.max_tokens > limit) {
    changes.push(['max_tokens', limit]);
    warnings.push(`max_tokens lowered from ${request.max_tokens} to the model's limit of ${limit}`);
  }
  const { temperature } = input.abilities;
  if (temperature !== undefined && request.temperature === undefined && !isThinking(request)) {
    changes.push(['temperature', temperature]);
  }
  if (Boolean(request.stream) !== input.stream) changes.push(['stream', input.stream]);
  return changes;
}

function isThinking(request: MessagesRequest): boolean {
  return request.thinking !== undefined && request.thinking.type !== 'disabled';
}

/**
 * The request without reasoning that another provider minted (Anthropic refuses a signature it did not make) and, for a
 * third party, without what only Anthropic may know; the same object where there is nothing of the kind.
 */
function withoutForeignParts(input: EncodeInput): MessagesRequest {
  const { request, rawBody } = input;
  const mayHoldState = rawBody === undefined || rawBody.includes('gw1.');
  const messages = mayHoldState ? withoutRouterThinking(request.messages) : request.messages;
  const kept = messages === request.messages ? request : { ...request, messages };
  return input.quirks.clientIdentity === 'withhold' ? withoutIdentity(kept, input.sessionId) : kept;
}

function withoutRouterThinking(messages: InputMessage[]): InputMessage[] {
  let changed = false;
  const kept: InputMessage[] = [];
  for (const message of messages) {
    const content = message.content;
    if (!Array.isArray(content) || !content.some(isRouterThinking)) {
      kept.push(message);
      continue;
    }
    changed = true;
    const rest = content.filter((block) => !isRouterThinking(block));
    if (rest.length > 0) kept.push({ ...message, content: rest });
  }
  return changed ? kept : messages;
}

function isRouterThinking(block: ContentBlock): boolean {
  if (!isJsonObject(block)) return false;
  if (block.type === 'thinking') return isRouterSignature(block.signature);
  return block.type === 'redacted_thinking' && isRouterSignature(block.data);
}

function withoutIdentity(request: MessagesRequest, sessionId: string | undefined): MessagesRequest {
  const { safeguards: _, ...kept } = request;
  const system = kept.system;
  return {
    ...kept,
    model: request.model,
    messages: request.messages,
    ...(Array.isArray(system) ? { system: system.filter((block) => !isAttribution(block)) } : {}),
    ...(request.metadata ? { metadata: sessionId === undefined ? {} : { user_id: pseudonym(sessionId) } } : {}),
  };
}
