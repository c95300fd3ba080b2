import { Failure } from '../../call/failure.ts';
import { type BodyScan, type Part, scanBody } from '../../protocol/body-scan.ts';
import type { JsonObject } from '../../protocol/messages.ts';
import { parseJson } from '../../protocol/stream-event.ts';

/** Shorter bodies are parsed faster than it is known what to leave out. */
const shortestBytes = 16 * 1024;

/** Where a request has what is not parsed yet. */
const unread = Symbol('unread');

/** A request whose long fields are parsed when they are first looked at. */
type LazyRequest = JsonObject & { [unread]?: UnreadFields };

/**
 * The parsed form of a body that parses each long field when it is first looked at; undefined for a body that is short, that
 * is no JSON, or whose `messages` do not each begin with their role: it has to be parsed and judged as a whole. Looking at a
 * field throws Failure `malformed-request` where one of its strings turns out to be none.
 */
export function lazyRequest(body: Buffer): JsonObject | undefined {
  if (body.length < shortestBytes) return undefined;
  const scan = scanBody(body);
  if (!scan.isWellFormed || !scan.hasPlainMessages || scan.fields.has('__proto__')) return undefined;
  const request: LazyRequest = {};
  // Not copied along with the fields: a copy has read them all.
  Object.defineProperty(request, unread, { value: new UnreadFields(scan) });
  for (const [name, part] of scan.fields) {
    const getter = longFields.get(name);
    if (getter) Object.defineProperty(request, name, getter);
    else {
      request[name] = parsed(scan, part);
      if (request[name] === undefined) return undefined;
    }
  }
  return request;
}

/** True for a field of a lazy request that nobody has looked at. */
export function isUnread(request: LazyRequest, name: string): boolean {
  return request[unread]?.has(name) === true;
}

class UnreadFields {
  readonly #scan: BodyScan;
  readonly #values = new Map<string, unknown>();

  constructor(scan: BodyScan) {
    this.#scan = scan;
  }

  has(name: string): boolean {
    return longFields.has(name) && this.#scan.fields.has(name) && !this.#values.has(name);
  }

  value(name: string): unknown {
    if (this.has(name)) this.#values.set(name, this.#read(name));
    return this.#values.get(name);
  }

  #read(name: string): unknown {
    const { messages, fields } = this.#scan;
    const parts = name === 'messages' ? messages : [fields.get(name)!];
    const values = parts.map((part) => {
      const value = parsed(this.#scan, part);
      if (value === undefined) throw new Failure('malformed-request', `${name} is not JSON`);
      return value;
    });
    return name === 'messages' ? values : values[0];
  }
}

/**
 * The fields that can be long, and their getters. The others are parsed at once, which costs less than to put it off. The
 * functions are the same for every request: V8 makes a new kind of object for each function that is a getter.
 */
const longFields = new Map(
  ['messages', 'system', 'tools'].map((name) => {
    const get = function (this: LazyRequest) {
      return this[unread]?.value(name);
    };
    return [name, { configurable: true, enumerable: true, get }];
  }),
);

/** The value, which may be that of an earlier call: the bytes are the same. Undefined where it is no JSON. */
function parsed({ body }: BodyScan, { start, end, known }: Part): unknown {
  known.parsed ??= { value: parseJson(body.toString('utf8', start, end)) };
  return known.parsed.value;
}
