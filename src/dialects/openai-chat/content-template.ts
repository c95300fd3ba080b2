import { jsonStringEnd, standsAt } from '../../protocol/json-bytes.ts';
import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';
import { parseJson } from '../../protocol/stream-event.ts';

/**
 * The chunks of a stream that bring nothing but text are alike except for that text (and the padding by which OpenAI hides
 * its length). What one such chunk looks like around its text is learned, and the next ones are recognised by their bytes.
 */
export class ContentTemplate {
  readonly #before: Buffer;
  readonly #behind: Buffer;
  /** What stands behind the padding, where there is one at the end. */
  readonly #behindPadding: Buffer | undefined;

  private constructor(before: Buffer, behind: Buffer, behindPadding: Buffer | undefined) {
    this.#before = before;
    this.#behind = behind;
    this.#behindPadding = behindPadding;
  }

  /** The template of a chunk, as its bytes and parsed; undefined where it brings more or else than text. */
  static of(data: Buffer, chunk: JsonObject): ContentTemplate | undefined {
    if (!bringsOnlyText(chunk)) return undefined;
    const hole = holeAt(data, contentMark);
    if (!hole) return undefined;
    const before = Buffer.from(data.subarray(0, hole.start));
    const padding = holeAt(data, paddingMark);
    const behind = Buffer.from(data.subarray(hole.end, padding?.start));
    const template = new ContentTemplate(before, behind, padding && Buffer.from(data.subarray(padding.end)));
    return template.#isOf(chunk) ? template : undefined;
  }

  /** The text that these bytes bring; undefined where they are not such a chunk. */
  read(data: Buffer): string | undefined {
    if (!standsAt(data, 0, this.#before)) return undefined;
    const start = this.#before.length;
    const end = jsonStringEnd(data, start);
    if (end === -1 || !standsAt(data, end, this.#behind) || !this.#closes(data, end + this.#behind.length)) {
      return undefined;
    }
    const raw = data.toString('utf8', start, end);
    return raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
  }

  #closes(data: Buffer, start: number): boolean {
    if (!this.#behindPadding) return data.length === start;
    const end = jsonStringEnd(data, start);
    return end !== -1 && data.length === end + this.#behindPadding.length && standsAt(data, end, this.#behindPadding);
  }

  /** With another text in its place the chunk has that text in `delta.content`: it is the right place. */
  #isOf(chunk: JsonObject): boolean {
    const probe = Buffer.concat([
      ...[this.#before, Buffer.from(probeText), this.#behind],
      ...(this.#behindPadding ? [this.#behindPadding] : []),
    ]);
    const changed = parseJson(probe.toString('utf8'));
    return (
      isJsonObject(changed) &&
      contentOf(changed) === probeText &&
      Object.keys(changed).length === Object.keys(chunk).length
    );
  }
}

function contentOf(chunk: JsonObject): unknown {
  const [choice] = Array.isArray(chunk.choices) ? chunk.choices : [];
  return isJsonObject(choice) && isJsonObject(choice.delta) ? choice.delta.content : undefined;
}

/** True where reading the chunk does nothing but write its text: whatever else could mean something is absent or null. */
function bringsOnlyText(chunk: JsonObject): boolean {
  const content = contentOf(chunk);
  if (typeof content !== 'string' || content === '') return false;
  const [choice] = chunk.choices as [JsonObject];
  return (
    isNothingBut(chunk, chunkFields) &&
    isNothingBut(choice, choiceFields) &&
    isNothingBut(choice.delta as JsonObject, deltaFields)
  );
}

function isNothingBut(object: JsonObject, known: ReadonlySet<string>): boolean {
  return Object.entries(object).every(([name, value]) => value === null || known.has(name));
}

const chunkFields = new Set([
  'id',
  'object',
  'created',
  'model',
  'system_fingerprint',
  'service_tier',
  'provider',
  'choices',
  'obfuscation',
]);
const choiceFields = new Set(['index', 'delta']);
const deltaFields = new Set(['role', 'content']);

/** The one string behind the mark; inside of a string the mark can't stand, since quotes are escaped there. */
function holeAt(data: Buffer, mark: Buffer): { start: number; end: number } | undefined {
  const at = data.indexOf(mark);
  if (at === -1 || data.indexOf(mark, at + 1) !== -1) return undefined;
  const start = at + mark.length;
  const end = jsonStringEnd(data, start);
  return end === -1 ? undefined : { start, end };
}

const contentMark = Buffer.from('"content":"');
const paddingMark = Buffer.from('"obfuscation":"');
const probeText = 'probe';
