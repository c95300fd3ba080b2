import { jsonStringEnd, standsAt } from '../../protocol/json-bytes.ts';
import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';
import { parseJson } from '../../protocol/stream-event.ts';
import { objectsOf } from './reply-parts.ts';

/** What a chunk brings that brings nothing else. */
export interface TextChunk {
  text: string;
  /** Its `usageMetadata`, where it has any. */
  usage: JsonObject | undefined;
}

/**
 * The chunks of a stream that bring nothing but text are alike except for that text and their count of tokens. What one such
 * chunk looks like around both is learned, and the next ones are recognised by their bytes.
 */
export class TextTemplate {
  readonly #before: Buffer;
  /** Between the text and the usage, or behind the text where there is none. */
  readonly #behind: Buffer;
  /** Behind the usage, where there is one. */
  readonly #end: Buffer | undefined;
  #usage: { bytes: Buffer; value: JsonObject } | undefined;

  private constructor(before: Buffer, behind: Buffer, end: Buffer | undefined) {
    this.#before = before;
    this.#behind = behind;
    this.#end = end;
  }

  /** The template of a chunk, as its bytes and parsed; undefined where it brings more or else than text. */
  static of(data: Buffer, reply: JsonObject): TextTemplate | undefined {
    if (!bringsOnlyText(reply)) return undefined;
    const start = valueAfter(data, textMark, 0);
    const end = start !== undefined && data[start] === quote ? jsonStringEnd(data, start + 1) : -1;
    if (start === undefined || end === -1) return undefined;
    const usageStart = reply.usageMetadata === undefined ? undefined : valueAfter(data, usageMark, end);
    const usageEnd = usageStart === undefined ? undefined : flatObjectEnd(data, usageStart);
    const before = Buffer.from(data.subarray(0, start + 1));
    const behind = Buffer.from(data.subarray(end, usageEnd === undefined ? undefined : usageStart));
    const behindUsage = usageEnd === undefined ? undefined : Buffer.from(data.subarray(usageEnd));
    const template = new TextTemplate(before, behind, behindUsage);
    return template.#isOf(reply) ? template : undefined;
  }

  /** What these bytes bring; undefined where they are not such a chunk. */
  read(data: Buffer): TextChunk | undefined {
    if (!standsAt(data, 0, this.#before)) return undefined;
    const start = this.#before.length;
    const end = jsonStringEnd(data, start);
    if (end === -1 || !standsAt(data, end, this.#behind)) return undefined;
    const usage = this.#usageIn(data, end + this.#behind.length);
    if (usage === undefined) return undefined;
    const raw = data.toString('utf8', start, end);
    return { text: raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw, usage: usage ?? undefined };
  }

  /** The usage that begins at `start` and ends the chunk; null where there is to be none, undefined where it does not fit. */
  #usageIn(data: Buffer, start: number): JsonObject | null | undefined {
    if (!this.#end) return data.length === start ? null : undefined;
    const end = data.length - this.#end.length;
    if (end <= start || !standsAt(data, end, this.#end)) return undefined;
    const known = this.#usage;
    if (known && known.bytes.compare(data, start, end) === 0) return known.value;
    const value = parseJson(data.toString('utf8', start, end));
    if (!isJsonObject(value)) return undefined;
    this.#usage = { bytes: Buffer.from(data.subarray(start, end)), value };
    return value;
  }

  /** With another text and another usage in their places the chunk has them where they are read: these are the right places. */
  #isOf(reply: JsonObject): boolean {
    const usage = this.#end ? [Buffer.from(probeUsage), this.#end] : [];
    const changed = parseJson(Buffer.concat([this.#before, Buffer.from(probeText), this.#behind, ...usage]).toString());
    return (
      isJsonObject(changed) &&
      textOf(changed) === probeText &&
      JSON.stringify(changed.usageMetadata ?? null) === (this.#end ? probeUsage : 'null') &&
      Object.keys(changed).length === Object.keys(reply).length
    );
  }
}

function textOf(reply: JsonObject): unknown {
  const [candidate] = objectsOf(reply.candidates);
  const content = candidate && isJsonObject(candidate.content) ? candidate.content : {};
  const [part, ...more] = objectsOf(content.parts);
  return more.length === 0 ? part?.text : undefined;
}

/** True where reading the chunk does nothing but write its text and count: whatever else could mean something is absent or null. */
function bringsOnlyText(reply: JsonObject): boolean {
  const text = textOf(reply);
  if (typeof text !== 'string' || text === '') return false;
  const [candidate] = reply.candidates as [JsonObject];
  const content = candidate.content as { parts: [JsonObject] } & JsonObject;
  return (
    isNothingBut(reply, replyFields) &&
    isNothingBut(candidate, candidateFields) &&
    isNothingBut(content, contentFields) &&
    isNothingBut(content.parts[0], partFields) &&
    (reply.usageMetadata === undefined || isJsonObject(reply.usageMetadata))
  );
}

function isNothingBut(object: JsonObject, known: ReadonlySet<string>): boolean {
  return Object.entries(object).every(([name, value]) => value === null || known.has(name));
}

const replyFields = new Set(['candidates', 'usageMetadata', 'modelVersion', 'responseId', 'createTime']);
const candidateFields = new Set(['content', 'index', 'safetyRatings', 'avgLogprobs']);
const contentFields = new Set(['parts', 'role']);
const partFields = new Set(['text']);

/** Where the value of the one field of this name begins that stands from `from` on; inside of a string the mark can't stand. */
function valueAfter(data: Buffer, mark: Buffer, from: number): number | undefined {
  const at = data.indexOf(mark, from);
  if (at === -1 || data.indexOf(mark, at + 1) !== -1) return undefined;
  let start = at + mark.length;
  while (data[start] === 0x20) start += 1;
  return start;
}

/** Where the object ends that begins at `start`, which holds no braces in its strings; undefined where it does not end. */
function flatObjectEnd(data: Buffer, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < data.length; at += 1) {
    if (data[at] === openBrace) depth += 1;
    else if (data[at] === closeBrace) depth -= 1;
    if (depth === 0) return at + 1;
  }
  return undefined;
}

const quote = 0x22;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const textMark = Buffer.from('"text":');
const usageMark = Buffer.from('"usageMetadata":');
const probeText = 'probe';
const probeUsage = '{"probe":1}';
