import { createHash } from 'node:crypto';
import type { Call } from '../call/call.ts';
import { isAttribution } from '../dialects/shared/attribution.ts';
import { isJsonObject, type MessagesRequest } from '../protocol/messages.ts';

/** Who finds a kept reply again: callers with the same key, or all. */
export type CacheScope = 'key' | 'shared';

/**
 * The name of the answer to a call: the same for calls that differ only in what decides nothing of it (the order of an
 * object's fields, `metadata`, `stream`, Claude Code's attribution line, cache marks), another for any other difference, for
 * another target, and, unless it is shared, for another caller. 64 hexadecimal digits.
 */
export function cacheKey(call: Call, target: string, scope: CacheScope): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([1, target, betasOf(call), scope === 'key' ? callerOf(call) : '']));
  hash.update(JSON.stringify(canonical(decisive(call.request))));
  return hash.digest('hex');
}

function decisive(request: MessagesRequest): Record<string, unknown> {
  const { metadata: _metadata, stream: _stream, model: _model, ...rest } = request;
  if (!Array.isArray(rest.system)) return rest;
  return { ...rest, system: rest.system.filter((block) => !isAttribution(block)) };
}

/** Fields in one order, without cache marks; what stands in a tool's schema or a tool's input is data and stays whole. */
function canonical(value: unknown, isData = false): unknown {
  if (Array.isArray(value)) return value.map((item) => canonical(item, isData));
  if (!isJsonObject(value)) return value;
  const names = Object.keys(value).filter((name) => isData || name !== 'cache_control');
  return Object.fromEntries(names.sort().map((name) => [name, canonical(value[name], isData || dataFields.has(name))]));
}

const dataFields: ReadonlySet<string> = new Set(['input', 'input_schema', 'schema']);

/** The abilities that the client asked Anthropic for in a header. */
function betasOf({ headers }: Call): string[] {
  const names = (headers['anthropic-beta'] ?? '').split(',').map((name) => name.trim());
  return names.filter((name) => name !== '').sort();
}

/** The caller's name and credentials, in whichever header they came. */
function callerOf({ caller, headers }: Call): string[] {
  const bearer = /^Bearer\s+(.+)$/i.exec(headers.authorization ?? '')?.[1];
  const credentials = [headers['x-api-key'], bearer].filter((key) => key !== undefined && key !== '');
  return [caller.name, ...[...new Set(credentials as string[])].sort()];
}
