import type { Exchange } from '../dialect.ts';
import type { BlockWriter } from '../shared/block-writer.ts';
import { packSignatures, type Signatures, type SignedStretch, signedCallId } from './signatures.ts';

/**
 * Puts the thought signatures of a reply into thinking blocks: into the one that stands in front of the signed part, or
 * into an empty one made for them. A text that is being written is not broken for it: what is signed in its middle is
 * noted in the next thinking block.
 */
export class SignatureKeeper {
  readonly #exchange: Exchange;
  readonly #writer: BlockWriter;
  /** For the block that is open. */
  #open: Signatures = {};
  /** For the next block. */
  #before: SignedStretch[] = [];
  #empty: string[] = [];
  /** True while a thinking block is open. */
  #isThinking = false;
  #calls = 0;
  /** Characters of the text block that is open, 0 where none is. */
  #textLength = 0;

  constructor(exchange: Exchange, writer: BlockWriter) {
    this.#exchange = exchange;
    this.#writer = writer;
  }

  /** A signed thought has a block to itself. */
  thought(text: string, signature: string | undefined): void {
    if (signature === undefined) {
      if (text === '') return;
      this.#writer.thinking(text);
      return this.#sign({});
    }
    if (this.#isPending) this.#sign({});
    this.#writer.closeBlock();
    this.#writer.thinking(text);
    this.#sign({ thought: signature });
    this.#writer.closeBlock();
    this.#isThinking = false;
  }

  text(text: string, signature: string | undefined): void {
    const begins = text !== '' && this.#textLength === 0;
    if (begins && this.#isPending) this.#sign({});
    if (signature !== undefined) this.#signText(text, signature);
    this.#writer.text(text);
    this.#textLength += text.length;
    if (text !== '') this.#isThinking = false;
  }

  /**
   * A call is about to be written. Returns an id for it where it has none of its own and its signature fits into one, so
   * that no block has to be made.
   */
  call(signature: string | undefined, hasId: boolean): string | undefined {
    const inBlock = hasId || this.#isPending || this.#isThinking;
    const id = signature === undefined || inBlock ? undefined : this.#idWith(signature);
    if (id === undefined && (signature !== undefined || this.#isPending)) {
      this.#sign(signature === undefined ? {} : { call: signature });
    }
    this.#calls += 1;
    this.endText();
    return id;
  }

  /** Something else is about to be written that ends a text. */
  endText(): void {
    if (this.#isPending) this.#sign({});
    this.#textLength = 0;
    this.#isThinking = false;
  }

  /** What is signed behind the last block goes into a thinking block of its own, unless the client would take that for the answer. */
  close(): void {
    if (this.#isPending && this.#exchange.answerComesLast !== true) this.#sign({});
  }

  get #isPending(): boolean {
    return this.#before.length > 0 || this.#empty.length > 0;
  }

  #signText(text: string, signature: string): void {
    if (this.#textLength > 0) this.#before.push([this.#textLength, text.length, signature]);
    else if (text === '') this.#empty.push(signature);
    else this.#sign({ text: [text.length, signature] });
  }

  #sign(signatures: Signatures): void {
    Object.assign(this.#open, signatures);
    if (this.#before.length > 0) this.#open.before = [...(this.#open.before ?? []), ...this.#before];
    if (this.#empty.length > 0) this.#open.empty = [...(this.#open.empty ?? []), ...this.#empty];
    this.#before = [];
    this.#empty = [];
    this.#textLength = 0;
    this.#isThinking = true;
    this.#writer.signature(this.#seal);
  }

  #idWith(signature: string): string | undefined {
    return signedCallId(`${this.#exchange.callId}:${this.#calls}`, signature, this.#exchange);
  }

  readonly #seal = (): string => {
    const sealed = packSignatures(this.#open, this.#exchange);
    this.#open = {};
    return sealed;
  };
}
