import type { JsonObject } from '../../protocol/messages.ts';

/** Reads one output item into the message. Which of its events come, and in what pieces, differs between services. */
export interface OutputItem {
  readonly kind: string;
  /** True where no event announced it. */
  readonly implicit: boolean;
  /** What was said of it so far: `id` and `call_id` tell it from others. */
  readonly known: JsonObject;
  /** An event that concerns it. */
  read(event: JsonObject): void;
  /** It is over; `whole` is the item as it stands then, where that was said. `cut`: the answer ends before its time. */
  finish(whole: JsonObject | undefined, cut: boolean): void;
}

/** Text that comes in pieces, whole, or both: hands on what is new. */
export class PieceText {
  #said = '';

  get said(): string {
    return this.#said;
  }

  /** A piece; returned as it is. */
  add(piece: unknown): string {
    const text = typeof piece === 'string' ? piece : '';
    this.#said += text;
    return text;
  }

  /** The whole: returns what no piece has brought. A whole that does not go on from the pieces brings nothing. */
  complete(whole: unknown): string {
    if (typeof whole !== 'string' || !whole.startsWith(this.#said)) return '';
    const rest = whole.slice(this.#said.length);
    this.#said = whole;
    return rest;
  }
}

export function indexOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
