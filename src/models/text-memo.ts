import { measureText, type TextTokens } from './text-tokens.ts';

/** Texts shorter than this are measured faster than found. */
const shortest = 160;
const samples = 12;

interface Entry {
  text: string;
  tokens: TextTokens;
}

/**
 * Remembers what long texts measured, so that a conversation that is sent again and again costs only what is new in it.
 * Texts are found by their length and a few of their letters and then compared whole, so it answers exactly as
 * `measureText` does. It holds at most twice `limit` characters.
 */
export class TextMemo {
  #young = new Map<number, Entry>();
  #old = new Map<number, Entry>();
  #held = 0;
  readonly #limit: number;

  constructor(limit = 16_000_000) {
    this.#limit = limit;
  }

  /** As `measureText`. */
  readonly measure = (text: string): TextTokens => {
    if (text.length < shortest) return measureText(text);
    const key = keyOf(text);
    const young = this.#young.get(key);
    if (young?.text === text) return young.tokens;
    const old = this.#old.get(key);
    const tokens = old?.text === text ? old.tokens : measureText(text);
    this.#keep(key, { text, tokens });
    return tokens;
  };

  #keep(key: number, entry: Entry): void {
    if (entry.text.length > this.#limit) return;
    if (this.#held + entry.text.length > this.#limit) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#held = 0;
    }
    this.#held += entry.text.length - (this.#young.get(key)?.text.length ?? 0);
    this.#young.set(key, entry);
  }
}

function keyOf(text: string): number {
  let key = text.length;
  const step = (text.length - 1) / (samples - 1);
  for (let index = 0; index < samples; index += 1) {
    key = (Math.imul(key, 31) + text.charCodeAt(Math.floor(index * step))) | 0;
  }
  return key;
}
