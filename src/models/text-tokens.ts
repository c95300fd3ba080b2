/** Token counts of a text in the o200k vocabulary, kept apart because other vocabularies scale them differently. */
export interface TextTokens {
  /** Words of the Latin, Greek and Cyrillic alphabets. */
  words: number;
  /** Digits, punctuation, line breaks and indentation. */
  symbols: number;
  /** Chinese, Japanese, Korean and every other script. */
  script: number;
}

/**
 * Estimates how many o200k tokens a text has, by the lengths of its words, numbers, punctuation and space runs.
 * One pass, linear in the length whatever the text; never falls when text is appended (up to a split surrogate pair).
 */
export function measureText(text: string): TextTokens {
  const tokens: TextTokens = { words: 0, symbols: 0, script: 0 };
  let at = 0;
  // The kind of what stands right before, where that matters to the next token; NEWLINE where it does not.
  let before: number = NEWLINE;
  while (at < text.length) {
    const start = at;
    const kind = KINDS[text.charCodeAt(at)]!;
    if (kind <= UPPER) {
      // Capitals, then small letters: `HTTPServer` is one piece, `fooBar` two.
      const capitalsEnd = runEnd(text, at, UPPER);
      const plainEnd = runEnd(text, capitalsEnd, LOWER);
      at = letterEnd(text, plainEnd);
      tokens.words += pieceTokens(at - start, capitalsEnd - start, before);
      if (at > plainEnd) tokens.words += foreignTokens(text, plainEnd, at);
      before = LOWER;
    } else if (kind === DIGIT) {
      at = runEnd(text, at, DIGIT);
      // Numbers are cut in threes and never share a token with the space before them.
      tokens.symbols += Math.ceil((at - start) / 3) + (before === SPACE ? 1 : 0);
      before = LOWER;
    } else if (kind <= NEWLINE) {
      at = spaceEnd(text, at);
      tokens.symbols += spaceTokens(text, start, at);
      before = KINDS[text.charCodeAt(at - 1)]!;
    } else if (kind === SIGN) {
      at = runEnd(text, at, SIGN);
      // One sign alone shares the token of the word after it, as in `.name`.
      const opensWord: boolean =
        at === start + 1 && before !== SPACE && at < text.length && KINDS[text.charCodeAt(at)]! <= UPPER;
      if (!opensWord) tokens.symbols += signTokens(text, start, at);
      // A line break right after a sign belongs to the sign's token.
      if (!opensWord) at = runEnd(text, at, NEWLINE);
      before = opensWord ? SIGN : NEWLINE;
    } else {
      tokens.script += scriptTokens(text.charCodeAt(at));
      at++;
      before = NEWLINE;
    }
  }
  return tokens;
}

/** Estimates the o200k tokens of a text as one whole number, rounded up. */
export function estimateText(text: string): number {
  const { words, symbols, script } = measureText(text);
  return Math.max(0, Math.ceil(words + symbols + script - 1e-9));
}

const LOWER = 0;
const ACCENTED = 1;
const UPPER = 2;
const DIGIT = 3;
const SPACE = 4;
const NEWLINE = 5;
const SIGN = 6;
const SCRIPT = 7;

/** The kind of every UTF-16 code unit; a table, because a test of ranges costs more than all the rest. */
const KINDS = new Uint8Array(0x10000)
  .fill(SCRIPT)
  .fill(SIGN, 0, 0xc0)
  .fill(ACCENTED, 0xc0, 0x530)
  .fill(ACCENTED, 0x1e00, 0x2000)
  .fill(SIGN, 0x2000, 0x2070)
  .fill(LOWER, 97, 123)
  .fill(UPPER, 65, 91)
  .fill(DIGIT, 48, 58)
  .fill(SPACE, 32, 33)
  .fill(SPACE, 9, 10)
  .fill(NEWLINE, 10, 11)
  .fill(NEWLINE, 13, 14);

function letterEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length && KINDS[text.charCodeAt(at)]! <= ACCENTED) at++;
  return at;
}

function runEnd(text: string, start: number, kind: number): number {
  let at = start;
  while (at < text.length && KINDS[text.charCodeAt(at)] === kind) at++;
  return at;
}

function spaceEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length && (KINDS[text.charCodeAt(at)]! & ~1) === SPACE) at++;
  return at;
}

/** All up to the last line break is one token, indentation another; one space alone goes to the word after it. */
function spaceTokens(text: string, start: number, end: number): number {
  let lineStart = end;
  while (lineStart > start && KINDS[text.charCodeAt(lineStart - 1)] === SPACE) lineStart--;
  const breaks = lineStart > start ? 1 + Math.floor((lineStart - start) / 32) : 0;
  const indent = Math.ceil((end - lineStart) / 80);
  // At the end of the text spaces wait for what comes, so that no text costs less for a line break after it.
  return breaks + (end === text.length ? Math.max(0, indent - 1) : end - lineStart > 1 ? indent : 0);
}

/** Common signs pair up; a ruler of one repeated sign costs little. */
function signTokens(text: string, start: number, end: number): number {
  let changes = 0;
  for (let at = start + 1; at < end; at++) if (text.charCodeAt(at) !== text.charCodeAt(at - 1)) changes++;
  return 1 + Math.max(0, changes - 1) * 0.38 + Math.floor((end - start) / 24);
}

function pieceTokens(length: number, capitals: number, before: number): number {
  return capitals > 1 ? capitalsTokens(capitals, length) : lengthTokens(length, before);
}

/** What letters beyond ASCII add to a word of that length. */
function foreignTokens(text: string, start: number, end: number): number {
  let accents = 0;
  let greek = 0;
  let cyrillic = 0;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code >= 0x1e00)
      accents += 0.2; // Vietnamese vowels are common enough to be cheap
    else if (code >= 0x400) cyrillic++;
    else if (code >= 0x370) greek++;
    else if (code >= 0x80) accents += 1.1;
  }
  return accents + Math.max(0, cyrillic - 3) * 0.22 + Math.max(0, greek - 3) * 0.33;
}

function lengthTokens(length: number, before: number): number {
  if (before === SPACE) return length <= 8 ? 1.02 : 1.12 + Math.max(0, length - 10) * 0.13;
  // Short pieces inside a longer name are rarely words: `aB3xQ`.
  const scraps = before === LOWER && length >= 2 ? 0.35 : 0;
  return scraps + (length <= 5 ? 1.07 : 1.07 + (length - 5) * 0.09 + Math.max(0, length - 10) * 0.13);
}

function capitalsTokens(capitals: number, length: number): number {
  return 1.05 + Math.max(0, capitals - 3) * 0.35 + (length - capitals) * 0.1;
}

function scriptTokens(code: number): number {
  if (code >= 0x4e00 && code <= 0x9fff) return 0.82; // Han
  if (code >= 0x3040 && code <= 0x30ff) return 0.68; // kana
  if (code >= 0xac00 && code <= 0xd7af) return 0.75; // Hangul
  if (code >= 0x590 && code <= 0x77f) return 0.4; // Hebrew, Arabic
  if (code >= 0x900 && code <= 0xdff) return 0.45; // Indic
  if (code >= 0xe00 && code <= 0xeff) return 0.5; // Thai, Lao
  if (code >= 0xd800 && code <= 0xdfff) return 0.9; // half of an emoji
  return code >= 0x2500 && code <= 0x257f ? 0.5 : 1; // lines of tables
}
