import type { BodyScan, KnownValue, Part, Span } from './body-scan.ts';
import { standsAt } from './json-bytes.ts';
import { parseJson } from './stream-event.ts';

/** What may come next. */
type Expected = 'value' | 'value or end' | 'key' | 'key or end' | 'colon' | 'comma or end' | 'nothing';

/** Goes once over a body, byte by byte where it must and by native search inside of strings; see `scanBody`. */
export class BodyScanner {
  readonly #body: Buffer;
  readonly #earlier: BodyScan | undefined;
  readonly #fields = new Map<string, Part>();
  #messages: Part[] = [];
  readonly #open: number[] = [];
  #deepest: number;
  #isWellFormed = true;
  #hasPlainMessages = true;
  #expected: Expected = 'value';
  /** The top-level field that is being read, and where its value begins. */
  #key: string | undefined;
  #valueStart = -1;
  /** What is known of the field that is being read, where it stood in the earlier body. */
  #known: KnownValue | undefined;

  constructor(body: Buffer, earlier: BodyScan | undefined) {
    this.#body = body;
    this.#earlier = earlier;
    this.#deepest = earlier?.depth ?? 0;
  }

  scan(): BodyScan {
    const body = this.#body;
    for (let at = 0; at < body.length; ) at = this.#knownEnd(at) ?? this.#token(body[at]!, at);
    const messages = this.#fields.get('messages');
    return {
      body,
      fields: this.#fields,
      messages: this.#messages,
      depth: this.#deepest,
      isWellFormed: this.#isWellFormed && this.#expected === 'nothing',
      hasPlainMessages: this.#hasPlainMessages && messages !== undefined && body[messages.start] === openBracket,
    };
  }

  /** Where the value ends that begins at `at`, if it stood in the earlier body at the same place. */
  #knownEnd(at: number): number | undefined {
    if (this.#earlier === undefined || this.#open.length === 0 || this.#open.length > 2) return undefined;
    if (this.#expected !== 'value' && this.#expected !== 'value or end') return undefined;
    const isMessage = this.#isMessage();
    const part = isMessage ? this.#earlier.messages[this.#messages.length] : this.#earlierField();
    if (!part) return undefined;
    const end = at + part.end - part.start;
    if (end >= this.#body.length || !endsLiteral(this.#body[end]!)) return undefined;
    if (this.#earlier.body.compare(this.#body, at, end, part.start, part.end) !== 0) return undefined;
    if (isMessage) this.#messages.push({ start: at, end, known: part.known });
    else this.#known = part.known;
    this.#expected = 'comma or end';
    return end;
  }

  /** The field that is being read, as it stood in the earlier body; not the messages, which are compared one by one. */
  #earlierField(): Part | undefined {
    if (this.#open.length !== 1 || this.#key === undefined || this.#key === 'messages') return undefined;
    return this.#earlier?.fields.get(this.#key);
  }

  /** True inside of the list of messages. */
  #isMessage(): boolean {
    return this.#open.length === 2 && this.#key === 'messages' && this.#open[1] === openBracket;
  }

  /** Reads what begins at `at`; returns where it ends. */
  #token(byte: number, at: number): number {
    switch (byte) {
      case quote:
        return this.#string(at);
      case openBrace:
      case openBracket:
        this.#value(byte, at);
        this.#open.push(byte);
        this.#deepest = Math.max(this.#deepest, this.#open.length);
        this.#expected = byte === openBrace ? 'key or end' : 'value or end';
        return at + 1;
      case closeBrace:
      case closeBracket:
        this.#close(byte, at);
        return at + 1;
      case colon:
        this.#need(this.#expected === 'colon');
        if (this.#open.length === 1 && this.#valueStart === -1) this.#beginField(at + 1);
        this.#expected = 'value';
        return at + 1;
      case comma:
        this.#need(this.#expected === 'comma or end' && this.#open.length > 0);
        if (this.#open.length === 1) this.#endField(at);
        this.#expected = this.#open.at(-1) === openBrace ? 'key' : 'value';
        return at + 1;
      case 0x20:
      case 0x0a:
      case 0x0d:
      case 0x09:
        return at + 1;
      default:
        return this.#literal(at);
    }
  }

  #string(at: number): number {
    const body = this.#body;
    const end = stringEnd(body, at + 1);
    this.#need(end < body.length);
    const isTop = this.#open.length === 1;
    if (isTop && this.#key === undefined) this.#key = this.#keyText(body.toString('utf8', at + 1, end));
    if (this.#expected === 'key' || this.#expected === 'key or end') this.#expected = 'colon';
    else this.#value(quote, at);
    return end + 1;
  }

  #value(byte: number, at: number): void {
    this.#need(this.#expected === 'value' || this.#expected === 'value or end');
    this.#expected = this.#open.length === 0 ? 'nothing' : 'comma or end';
    if (this.#open.length === 0) this.#need(byte === openBrace);
    else if (this.#open.length === 2 && this.#key === 'messages') {
      this.#hasPlainMessages &&= this.#open[1] === openBracket && standsAt(this.#body, at, plainMessage);
      if (this.#isMessage()) this.#messages.push({ start: at, end: at, known: {} });
    }
  }

  #close(byte: number, at: number): void {
    const opened = byte === closeBrace ? openBrace : openBracket;
    const first = byte === closeBrace ? 'key or end' : 'value or end';
    this.#need(this.#open.at(-1) === opened && (this.#expected === first || this.#expected === 'comma or end'));
    if (this.#open.length === 1) this.#endField(at);
    this.#open.pop();
    if (this.#isMessage()) this.#messages.at(-1)!.end = at + 1;
    this.#expected = this.#open.length === 0 ? 'nothing' : 'comma or end';
  }

  #beginField(start: number): void {
    this.#valueStart = start;
    if (this.#key === 'messages') this.#messages = [];
  }

  #endField(at: number): void {
    if (this.#key !== undefined && this.#valueStart !== -1) {
      const span = trimmed(this.#body, this.#valueStart, at);
      this.#fields.set(this.#key, { ...span, known: this.#known ?? {} });
    }
    this.#key = undefined;
    this.#valueStart = -1;
    this.#known = undefined;
  }

  /** A number, `true`, `false`, `null`, or something that is no JSON. */
  #literal(at: number): number {
    const body = this.#body;
    let end = at + 1;
    while (end < body.length && !endsLiteral(body[end]!)) end += 1;
    this.#value(0, at);
    this.#need(end - at < 64 && literal.test(body.toString('latin1', at, end)));
    return end;
  }

  /** A key may be written with escapes: `"\u006dodel"` is `model`. */
  #keyText(raw: string): string {
    const text = parseJson(`"${raw}"`);
    this.#need(typeof text === 'string');
    return typeof text === 'string' ? text : raw;
  }

  #need(isLegal: boolean): void {
    if (!isLegal) this.#isWellFormed = false;
  }
}

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const colon = 0x3a;
const comma = 0x2c;
const plainMessage = Buffer.from('{"role":"');
const literal = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;

function endsLiteral(byte: number): boolean {
  return (
    byte <= 0x20 ||
    byte === comma ||
    byte === colon ||
    byte === quote ||
    byte === closeBrace ||
    byte === closeBracket ||
    byte === openBrace ||
    byte === openBracket
  );
}

/**
 * The position of the quote that ends the string, or the end of the body. Near ones are found faster byte by byte, far ones
 * by native search.
 */
function stringEnd(body: Buffer, start: number): number {
  let from = start;
  for (;;) {
    const near = Math.min(from + nearBytes, body.length);
    while (from < near && body[from] !== quote) from += body[from] === backslash ? 2 : 1;
    if (from < near) return from;
    const end = from < body.length ? body.indexOf(quote, from) : -1;
    if (end === -1) return body.length;
    let before = end - 1;
    while (before >= from && body[before] === backslash) before -= 1;
    if (((end - 1 - before) & 1) === 0) return end;
    from = end + 1;
  }
}

const nearBytes = 48;

function trimmed(body: Buffer, start: number, end: number): Span {
  let from = start;
  let to = end;
  while (from < to && body[from]! <= 0x20) from += 1;
  while (to > from && body[to - 1]! <= 0x20) to -= 1;
  return { start: from, end: to };
}
