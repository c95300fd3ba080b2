import { isJsonObject, type JsonObject, type MessagesRequest, type ToolDefinition } from '../../protocol/messages.ts';
import type { EncodeInput } from '../dialect.ts';
import { warn } from '../shared/warnings.ts';

/** Values of top-level fields that differ from the client's; undefined takes a field out. */
export type FieldChanges = Map<string, unknown>;

/** The betas that the client asked for and the service takes. */
export function takenBetas(input: EncodeInput, warnings: string[]): string[] {
  const header = input.anthropicHeaders['anthropic-beta'] ?? '';
  const inBody = input.request.anthropic_beta;
  const asked = [...header.split(','), ...(Array.isArray(inBody) ? inBody.map(String) : [])]
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const { betas } = input.quirks;
  const taken = betas === 'all' ? asked : asked.filter((name) => betas.includes(name));
  const dropped = asked.filter((name) => !taken.includes(name));
  if (dropped.length > 0)
    warn(warnings, `anthropic-beta ${dropped.join(', ')} dropped: not taken by ${input.provider}`);
  return [...new Set(taken)];
}

/** What has to change at the top of the body, so that a service that takes less than Anthropic takes it. */
export function fittingFields(input: EncodeInput, betas: readonly string[], warnings: string[]): FieldChanges {
  const { request, quirks } = input;
  const changes: FieldChanges = new Map();
  if (quirks.bodyVersion !== '') {
    changes.set('model', undefined);
    changes.set('anthropic_version', quirks.bodyVersion);
  }
  if (!quirks.streamField) changes.set('stream', undefined);
  if (quirks.betaPlace === 'body' && betas.length > 0) changes.set('anthropic_beta', betas);
  else if (request.anthropic_beta !== undefined && quirks.betas !== 'all') changes.set('anthropic_beta', undefined);
  const { bodyFields } = quirks;
  if (bodyFields === 'all') return changes;
  for (const name of Object.keys(request)) {
    if (bodyFields.includes(name) || changes.has(name) || written.has(name)) continue;
    changes.set(name, undefined);
    warn(warnings, `${name} dropped: not taken by ${input.provider}`);
  }
  return changes;
}

/** Written by the router where the service wants them. */
const written = new Set(['model', 'anthropic_version', 'anthropic_beta', 'stream']);

/** The request without the parts that the service refuses; the same object where there is none. */
export function fittingParts(input: EncodeInput, request: MessagesRequest, warnings: string[]): MessagesRequest {
  const { quirks, provider } = input;
  const betas = takenBetas(input, []);
  const dropped = (what: string) => warn(warnings, `${what} dropped: not taken by ${provider}`);
  let fitting = request;
  for (const [path, names] of Object.entries(quirks.fieldBetas)) {
    if (!betas.some((beta) => names.some((name) => beta.startsWith(name)))) fitting = without(fitting, path, dropped);
  }
  if (quirks.serverTools !== 'all') fitting = withoutServerTools(fitting, quirks.serverTools, dropped);
  if (quirks.cacheFields !== 'all') fitting = withCacheFields(fitting, quirks.cacheFields, dropped);
  return fitting;
}

type Note = (what: string) => void;

/** Without the field at the path, in each element where the path leads into a list. */
function without(request: MessagesRequest, path: string, dropped: Note): MessagesRequest {
  const [field, inner] = path.split('.') as [string, string | undefined];
  const value = request[field];
  if (value === undefined) return request;
  if (inner === undefined) {
    dropped(path);
    return { ...request, [field]: undefined };
  }
  const strip = (item: unknown): unknown => {
    if (!isJsonObject(item) || item[inner] === undefined) return item;
    dropped(path);
    const { [inner]: _, ...rest } = item;
    return rest;
  };
  const stripped = Array.isArray(value) ? mapped(value, strip) : strip(value);
  return stripped === value ? request : { ...request, [field]: stripped };
}

/** Without the tools that Anthropic's servers would run, and without a choice that then means nothing. */
function withoutServerTools(request: MessagesRequest, taken: readonly string[], dropped: Note): MessagesRequest {
  const { tools } = request;
  if (!Array.isArray(tools)) return request;
  const kept = tools.filter((tool) => !runsAtServer(tool) || taken.some((type) => String(tool.type).startsWith(type)));
  if (kept.length === tools.length) return request;
  for (const tool of tools) if (!kept.includes(tool)) dropped(`tool ${String(tool.type)}`);
  const { tool_choice: choice, tools: _, ...rest } = request;
  const unchosen = isJsonObject(choice) && choice.type === 'tool' && !kept.some((tool) => tool.name === choice.name);
  return {
    ...rest,
    model: request.model,
    messages: request.messages,
    ...(kept.length > 0 ? { tools: kept } : {}),
    ...(choice === undefined || kept.length === 0 || unchosen ? {} : { tool_choice: choice }),
  };
}

function runsAtServer(tool: ToolDefinition): boolean {
  return isJsonObject(tool) && typeof tool.type === 'string' && !clientTools.test(tool.type);
}

const clientTools = /^(custom$|bash_|text_editor_|memory_|computer_|browser_)/;

/** With only these fields in every `cache_control` of system, tools and messages. */
function withCacheFields(request: MessagesRequest, fields: readonly string[], dropped: Note): MessagesRequest {
  const fit = (block: unknown): unknown => {
    if (!isJsonObject(block)) return block;
    const inner = Array.isArray(block.content) ? mapped(block.content, fit) : block.content;
    const cache = isJsonObject(block.cache_control) ? fittingCache(block.cache_control) : block.cache_control;
    if (inner === block.content && cache === block.cache_control) return block;
    return {
      ...block,
      ...(inner === undefined ? {} : { content: inner }),
      ...(cache === undefined ? {} : { cache_control: cache }),
    };
  };
  const fittingCache = (cache: JsonObject): JsonObject => {
    const extra = Object.keys(cache).filter((name) => !fields.includes(name));
    if (extra.length === 0) return cache;
    for (const name of extra) dropped(`cache_control.${name}`);
    return Object.fromEntries(Object.entries(cache).filter(([name]) => fields.includes(name)));
  };
  const changed: Record<string, unknown> = {};
  for (const name of ['system', 'tools', 'messages']) {
    const value = request[name];
    if (!Array.isArray(value)) continue;
    const fitted = mapped(value, fit);
    if (fitted !== value) changed[name] = fitted;
  }
  return Object.keys(changed).length === 0 ? request : { ...request, ...changed };
}

/** The list with each item replaced; the same list where none changed. */
function mapped(list: readonly unknown[], change: (item: unknown) => unknown): readonly unknown[] {
  let changed = false;
  const items = list.map((item) => {
    const replaced = change(item);
    if (replaced !== item) changed = true;
    return replaced;
  });
  return changed ? items : list;
}
