/** A piece of text that is reasoning or answer. */
export interface TextPiece {
  kind: 'thinking' | 'text';
  text: string;
}

const openTag = '<think>';
const closeTag = '</think>';

/**
 * Parts text that begins with `<think>…</think>` into reasoning and answer, wherever it is cut. Tags anywhere else are
 * text like any other.
 */
export class ThinkTagSplitter {
  #state: 'beginning' | 'thinking' | 'after' | 'text' = 'beginning';
  #held = '';

  push(delta: string): TextPiece[] {
    this.#held += delta;
    const pieces: TextPiece[] = [];
    if (this.#state === 'beginning') this.#begin();
    if (this.#state === 'thinking') this.#think(pieces);
    if (this.#state === 'after') this.#skipGap();
    if (this.#state === 'text') this.#release(pieces, 'text', this.#held.length);
    return pieces;
  }

  /** What was held back as a possible tag, now that the text is over. */
  end(): TextPiece[] {
    const pieces: TextPiece[] = [];
    const kind = this.#state === 'thinking' ? 'thinking' : 'text';
    if (this.#state !== 'after') this.#release(pieces, kind, this.#held.length);
    return pieces;
  }

  #begin(): void {
    const text = this.#held.trimStart();
    if (text.startsWith(openTag)) {
      this.#held = text.slice(openTag.length);
      this.#state = 'thinking';
    } else if (!openTag.startsWith(text)) this.#state = 'text';
  }

  #think(pieces: TextPiece[]): void {
    const close = this.#held.indexOf(closeTag);
    if (close === -1) {
      this.#release(pieces, 'thinking', this.#held.length - tailThatMayBe(closeTag, this.#held));
      return;
    }
    this.#release(pieces, 'thinking', close);
    this.#held = this.#held.slice(closeTag.length);
    this.#state = 'after';
  }

  /** The empty lines between reasoning and answer belong to neither. */
  #skipGap(): void {
    this.#held = this.#held.trimStart();
    if (this.#held !== '') this.#state = 'text';
  }

  #release(pieces: TextPiece[], kind: TextPiece['kind'], length: number): void {
    const text = this.#held.slice(0, length);
    this.#held = this.#held.slice(length);
    if (text !== '') pieces.push({ kind, text });
  }
}

/** How many characters at the end of the text may be the beginning of the tag. */
function tailThatMayBe(tag: string, text: string): number {
  for (let length = Math.min(tag.length - 1, text.length); length > 0; length -= 1) {
    if (tag.startsWith(text.slice(text.length - length))) return length;
  }
  return 0;
}
