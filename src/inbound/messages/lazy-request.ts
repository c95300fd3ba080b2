import { Failure } from '../../call/failure.ts';
import { type BodyScan, type Part, scanBody } from '../../protocol/body-scan.ts';
import type { JsonObject } from '../../protocol/messages.ts';
import { parseJson } from '../../protocol/stream-event.ts';

/** Shorter bodies are parsed faster than it is known what to leave out. */
const shortestBytes = 16 * 1024;

/**
 * The parsed form of a body that parses each field when it is first looked at; undefined for a body that is short, that is
 * no JSON, or whose `messages` do not each begin with their role: it has to be parsed and judged as a whole. Looking at a
 * field throws Failure `malformed-request` where one of its strings turns out to be none.
 */
export function lazyRequest(body: Buffer): JsonObject | undefined {
  if (body.length < shortestBytes) return undefined;
  const scan = scanBody(body);
  if (!scan.isWellFormed || !scan.hasPlainMessages || scan.fields.has('__proto__')) return undefined;
  return withLazyFields(scan);
}

/** True for a field of a lazy request that nobody has looked at. */
export function isUnread(request: JsonObject, name: string): boolean {
  return Object.getOwnPropertyDescriptor(request, name)?.get !== undefined;
}

function withLazyFields(scan: BodyScan): JsonObject {
  const request: JsonObject = {};
  for (const [name, part] of scan.fields) {
    Object.defineProperty(request, name, {
      configurable: true,
      enumerable: true,
      get() {
        const value =
          name === 'messages' ? scan.messages.map((message) => parsed(name, scan, message)) : parsed(name, scan, part);
        Object.defineProperty(request, name, { configurable: true, enumerable: true, writable: true, value });
        return value;
      },
    });
  }
  return request;
}

/** The value, which may be that of an earlier call: the bytes are the same. */
function parsed(name: string, { body }: BodyScan, { start, end, known }: Part): unknown {
  if (!known.parsed) {
    const value = parseJson(body.toString('utf8', start, end));
    if (value === undefined) throw new Failure('malformed-request', `${name} is not JSON`);
    known.parsed = { value };
  }
  return known.parsed.value;
}
