import { bodyHolds, type Edit, type Span, scanBody, spliceBody } from '../../protocol/body-scan.ts';
import { type ContentBlock, type InputMessage, isJsonObject, type MessagesRequest } from '../../protocol/messages.ts';
import type { EncodedRequest, EncodeInput } from '../dialect.ts';
import { isAttribution } from '../shared/attribution.ts';
import { pseudonym } from '../shared/identifiers.ts';
import { isRouterSignature } from '../shared/reasoning-state.ts';
import { fitToModel } from './fit-to-model.ts';
import { type FieldChanges, fittingFields, fittingParts, takenBetas } from './fitting.ts';

/**
 * The client's bytes with the upstream's model id in place of the one asked for, `max_tokens` within the model's limit,
 * and without the fields that a cloud refuses. The body is written anew only where it holds what this upstream must not
 * see or would refuse inside of a field, and where the router built it.
 */
export function encodeRequest(input: EncodeInput): EncodedRequest {
  const warnings: string[] = [];
  const { rawBody } = input;
  const own = withoutForeignParts(input);
  const suited = rawBody === undefined ? fitToModel(own, input, warnings) : own;
  const request = fittingParts(input, suited, warnings);
  const betas = takenBetas(input, warnings);
  const changes = changedFields(request, input, betas, warnings);
  const written = (): MessagesRequest => ({ ...request, ...Object.fromEntries(changes) });
  const body =
    request === input.request && rawBody !== undefined
      ? rewritten(rawBody, changes)
      : Buffer.from(JSON.stringify(written()));
  const version = rawBody === undefined ? versionFor(written(), input) : firstVersion;
  return { body, headers: headersFor(input, betas, version), warnings, exchange: exchangeOf(input) };
}

function headersFor(input: EncodeInput, betas: readonly string[], version: string): Record<string, string> {
  const { quirks, anthropicHeaders } = input;
  const json = { 'content-type': 'application/json' };
  const { 'anthropic-beta': asked, ...rest } = anthropicHeaders;
  const sent = quirks.betas === 'all' ? asked : betas.join(',');
  const beta = quirks.betaPlace === 'header' && sent ? { 'anthropic-beta': sent } : undefined;
  if (quirks.bodyVersion === '') return { ...json, 'anthropic-version': version, ...rest, ...beta };
  const { 'user-agent': agent } = rest;
  return { ...json, ...(agent === undefined ? {} : { 'user-agent': agent }), ...beta };
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

/** The body with these changes at its top; every other value keeps its bytes. */
function rewritten(rawBody: Buffer, changes: FieldChanges): Buffer {
  if (changes.size === 0) return rawBody;
  const { fields } = scanBody(rawBody);
  const removes = [...changes].some(([name, value]) => value === undefined && fields.has(name));
  return removes ? assembled(rawBody, fields, changes) : spliced(rawBody, fields, changes);
}

function spliced(rawBody: Buffer, fields: ReadonlyMap<string, Span>, changes: FieldChanges): Buffer {
  const edits: Edit[] = [];
  const added: string[] = [];
  for (const [name, value] of changes) {
    if (value === undefined) continue;
    const span = fields.get(name);
    if (span) edits.push({ ...span, text: JSON.stringify(value) });
    else added.push(`,${JSON.stringify(name)}:${JSON.stringify(value)}`);
  }
  const end = rawBody.lastIndexOf('}');
  if (added.length > 0) edits.push({ start: end, end, text: added.join('') });
  return spliceBody(rawBody, edits);
}

function assembled(rawBody: Buffer, fields: ReadonlyMap<string, Span>, changes: FieldChanges): Buffer {
  const parts: Buffer[] = [];
  const add = (name: string, value: Buffer) => {
    parts.push(Buffer.from(`${parts.length === 0 ? '{' : ','}${JSON.stringify(name)}:`), value);
  };
  for (const [name, value] of changes) if (value !== undefined) add(name, Buffer.from(JSON.stringify(value)));
  for (const [name, { start, end }] of fields) if (!changes.has(name)) add(name, rawBody.subarray(start, end));
  return Buffer.concat([...parts, Buffer.from(parts.length === 0 ? '{}' : '}')]);
}

/** The top-level fields whose value must differ from the client's. */
function changedFields(
  request: MessagesRequest,
  input: EncodeInput,
  betas: readonly string[],
  warnings: string[],
): FieldChanges {
  const changes: FieldChanges = new Map();
  if (request.model !== input.model) changes.set('model', input.model);
  const limit = input.abilities.maxOutput;
  if (limit !== undefined && typeof request.max_tokens === 'number' && request.max_tokens > limit) {
    changes.set('max_tokens', limit);
    warnings.push(`max_tokens lowered from ${request.max_tokens} to the model's limit of ${limit}`);
  }
  const { temperature } = input.abilities;
  if (temperature !== undefined && request.temperature === undefined && !isThinking(request)) {
    changes.set('temperature', temperature);
  }
  if (Boolean(request.stream) !== input.stream) changes.set('stream', input.stream);
  for (const [name, value] of fittingFields(input, betas, warnings)) changes.set(name, value);
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
  // Both kinds of block that may hold it are named so; the longer word is found faster.
  const mayHoldState = rawBody === undefined || (bodyHolds(rawBody, 'thinking"') && bodyHolds(rawBody, 'gw1.'));
  const kept = mayHoldState ? withoutRouterThinking(request) : request;
  return input.quirks.clientIdentity === 'withhold' ? withoutIdentity(kept, input.sessionId) : kept;
}

function withoutRouterThinking(request: MessagesRequest): MessagesRequest {
  let changed = false;
  const kept: InputMessage[] = [];
  for (const message of request.messages) {
    const content = message.content;
    if (!Array.isArray(content) || !content.some(isRouterThinking)) {
      kept.push(message);
      continue;
    }
    changed = true;
    const rest = content.filter((block) => !isRouterThinking(block));
    if (rest.length > 0) kept.push({ ...message, content: rest });
  }
  return changed ? { ...request, messages: kept } : request;
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
