import type { Exchange } from '../dialect.ts';
import type { BlockWriter } from '../shared/block-writer.ts';
import { type ResponsesState, signatureOf } from './reasoning-state.ts';

/** What the items of one response share: the message they are written into, and the reasoning that is not signed yet. */
export class Turn {
  readonly exchange: Exchange;
  readonly writer: BlockWriter;
  #kind = '';
  #phase: string | undefined;
  #unsigned = false;
  #searches = 0;

  constructor(exchange: Exchange, writer: BlockWriter) {
    this.exchange = exchange;
    this.writer = writer;
  }

  /** How many searches the service made. */
  get searches(): number {
    return this.#searches;
  }

  /** An item of this kind is written from now on. */
  enter(kind: string, phase?: unknown): void {
    this.#kind = kind;
    this.#phase = typeof phase === 'string' ? phase : undefined;
  }

  countSearch(): void {
    this.#searches += 1;
  }

  /** Reasoning begins: it never joins what stands before it. */
  beginReasoning(): void {
    this.enter('reasoning');
    this.writer.closeBlock();
  }

  /** Reasoning is over: its state goes into the open thinking block, or into an empty one. */
  endReasoning(state: ResponsesState): void {
    this.#sign(state);
    this.enter('');
  }

  /**
   * A message is about to say something. A comment must go back as one, or the model takes it for its answer; where no
   * reasoning stands in front to remember that, an empty one does.
   */
  beginText(): void {
    if (this.#phase === 'commentary' && !this.#unsigned) this.#sign({});
  }

  /** When the thinking block closes it is known what came behind it. */
  #sign(state: ResponsesState): void {
    this.#unsigned = true;
    this.writer.signature(() => {
      this.#unsigned = false;
      const next = this.#kind === '' ? {} : { next: this.#kind };
      return signatureOf({ ...state, ...next, ...this.#spokenPhase() }, this.exchange);
    });
  }

  #spokenPhase(): ResponsesState {
    return this.#kind === 'message' && this.#phase !== undefined ? { phase: this.#phase } : {};
  }
}
