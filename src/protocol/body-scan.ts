import { BodyScanner } from './body-scanner.ts';

/** Where a top-level value stands in a JSON body: `body.subarray(start, end)`. */
export interface Span {
  start: number;
  end: number;
}

/** A value of a body, and what is known of it: the same object for the same bytes in a later body of the conversation. */
export interface Part extends Span {
  known: KnownValue;
}

/** What was found out of a value, whatever body it stands in. */
export interface KnownValue {
  /** What it parses to, once somebody asked. Never changed: later calls are given it too. */
  parsed?: { value: unknown };
  /** Texts that were looked for in its bytes. */
  holds?: Map<string, boolean>;
}

export interface BodyScan {
  body: Buffer;
  /** Each top-level field; of a field that stands twice, the last, as JSON.parse takes it. */
  fields: Map<string, Part>;
  /** The elements of the list `messages`. */
  messages: Part[];
  /** How deep objects and arrays are nested; at least as deep as in the earlier body that was scanned along with it. */
  depth: number;
  /** True where all but the inside of its strings is seen to be JSON. */
  isWellFormed: boolean;
  /** True where `messages` is a list and each of its elements begins with `{"role":"`. */
  hasPlainMessages: boolean;
}

/** On the body itself: the value of a WeakMap that refers to its key keeps it until V8 collects its whole heap. */
const scanned = Symbol('scanned');

/**
 * Finds the top-level fields of a JSON object and its messages without parsing it: strings are crossed by native search, so
 * the time goes with the number of strings, not of bytes. It judges no string; on text that is no JSON it only ends. A body
 * that was scanned is not scanned again, and neither are the values that it shares with `earlier`, a well-formed one.
 */
export function scanBody(body: Buffer & { [scanned]?: BodyScan }, earlier?: BodyScan): BodyScan {
  body[scanned] ??= new BodyScanner(body, earlier).scan();
  return body[scanned];
}

/** True where the text stands in one of the body's values; it is looked for only where nobody has looked before. */
export function bodyHolds(body: Buffer, text: string): boolean {
  const { fields, messages, isWellFormed, hasPlainMessages } = scanBody(body);
  if (!isWellFormed || !hasPlainMessages) return body.includes(text);
  let holds = false;
  // No early end: what is looked at now is known at the next turn.
  for (const part of messages) if (partHolds(body, part, text)) holds = true;
  for (const [name, part] of fields) if (name !== 'messages' && partHolds(body, part, text)) holds = true;
  return holds;
}

function partHolds(body: Buffer, { start, end, known }: Part, text: string): boolean {
  known.holds ??= new Map();
  let holds = known.holds.get(text);
  if (holds === undefined) {
    holds = body.subarray(start, end).includes(text);
    known.holds.set(text, holds);
  }
  return holds;
}

export interface Edit extends Span {
  text: string;
}

/** The body with some spans replaced; everything else keeps its bytes. */
export function spliceBody(body: Buffer, edits: readonly Edit[]): Buffer {
  const parts: Buffer[] = [];
  let position = 0;
  for (const edit of [...edits].sort((a, b) => a.start - b.start)) {
    parts.push(body.subarray(position, edit.start), Buffer.from(edit.text));
    position = edit.end;
  }
  parts.push(body.subarray(position));
  return Buffer.concat(parts);
}
