import type { ImageSize } from './image-size.ts';
import type { TextTokens } from './text-tokens.ts';
import type { FamilyRules } from './token-family.ts';

/** Adds up text and other parts by their kinds, so that a family's factors are applied and rounded once. */
export class TokenSum {
  messages = 0;
  pdfPages = 0;
  tools: 'none' | 'offered' | 'forced' = 'none';
  readonly images: ImageSize[] = [];
  readonly #measure: (text: string) => TextTokens;
  #text: TextTokens = { words: 0, symbols: 0, script: 0 };
  #other = 0;

  constructor(measure: (text: string) => TextTokens) {
    this.#measure = measure;
  }

  add(tokens: number): void {
    this.#other += tokens;
  }

  addText(text: unknown): void {
    if (typeof text !== 'string') return;
    const { words, symbols, script } = this.#measure(text);
    this.#text.words += words;
    this.#text.symbols += symbols;
    this.#text.script += script;
  }

  /** An empty sum that measures texts alike. */
  another(): TokenSum {
    return new TokenSum(this.#measure);
  }

  /** Adds the text, pictures and pages of a part. */
  merge(part: TokenSum): void {
    this.pdfPages += part.pdfPages;
    this.images.push(...part.images);
    this.#text.words += part.#text.words;
    this.#text.symbols += part.#text.symbols;
    this.#text.script += part.#text.script;
    this.#other += part.#other;
  }

  total(rules: FamilyRules, perRequest: number): number {
    const { words, symbols, script } = this.#text;
    const text = words * rules.text.words + symbols * rules.text.symbols + script * rules.text.script;
    const images = this.images.reduce((tokens, size) => tokens + rules.image(size), 0);
    const tools = { none: 0, offered: rules.withTools, forced: rules.withForcedTool }[this.tools];
    const parts = this.messages * rules.perMessage + this.pdfPages * rules.perPdfPage + images + tools;
    return Math.max(0, Math.ceil(text + parts + this.#other + perRequest - 1e-6));
  }
}

/** What messages and tools added up to, by the objects themselves: none is ever changed once it was measured. */
export class PartMemo {
  readonly #sums = new WeakMap<object, TokenSum>();

  /** Adds to `sum` what `walk` adds for this part, walking it only the first time. */
  add(sum: TokenSum, part: unknown, walk: (sum: TokenSum) => void): void {
    if (typeof part !== 'object' || part === null) return walk(sum);
    let own = this.#sums.get(part);
    if (own === undefined) {
      own = sum.another();
      walk(own);
      this.#sums.set(part, own);
    }
    sum.merge(own);
  }
}
