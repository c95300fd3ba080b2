import type { JsonObject } from '../../protocol/messages.ts';
import type { OutputItem } from './output-item.ts';
import type { Turn } from './turn.ts';

/** What has no place in a message: other tools of the service's own, and what is yet to come. It still has its place in the order. */
export class HiddenItem implements OutputItem {
  readonly kind: string;
  readonly implicit = false;
  readonly known: JsonObject;
  readonly #turn: Turn;

  constructor(kind: string, turn: Turn, known: JsonObject) {
    this.kind = kind;
    this.#turn = turn;
    this.known = known;
  }

  read(): void {}

  finish(): void {
    this.#turn.enter(this.kind);
  }
}
