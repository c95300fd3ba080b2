import type { ContentBlock, Delta } from '../../protocol/messages.ts';
import { parseJson } from '../../protocol/stream-event.ts';
import { argumentsOfInput } from './tool-names.ts';

/** A content block of a stream while it grows. */
export class OpenBlock {
  readonly index: number;
  readonly #start: ContentBlock;
  /** Of a text or of thinking, so far. */
  text: string;
  /** Of a tool's input, so far. */
  json = '';
  #signature: unknown;
  readonly #citations: unknown[];

  constructor(start: ContentBlock, index: number) {
    this.#start = start;
    this.index = index;
    this.text = typeof start.text === 'string' ? start.text : typeof start.thinking === 'string' ? start.thinking : '';
    this.#signature = start.signature;
    this.#citations = Array.isArray(start.citations) ? [...start.citations] : [];
  }

  get type(): string {
    return this.#start.type;
  }

  add(delta: Delta): void {
    if (delta.type === 'text_delta') this.text += delta.text;
    else if (delta.type === 'thinking_delta') this.text += delta.thinking;
    else if (delta.type === 'signature_delta') this.#signature = delta.signature;
    else if (delta.type === 'input_json_delta') this.json += delta.partial_json;
    else if (delta.type === 'citations_delta') this.#citations.push(delta.citation);
  }

  /** True for an input that could not be parsed: it comes as one delta, and is opened when it is whole. */
  get isUnparsed(): boolean {
    return this.json.startsWith('{"__unparsedToolInput"');
  }

  /** The arguments of a call, as they were written. */
  get arguments(): string {
    return this.json === '' || this.isUnparsed ? argumentsOfInput(this.whole.input) : this.json;
  }

  /** The block as a reply without streaming would hold it. */
  get whole(): ContentBlock {
    switch (this.type) {
      case 'text':
        return {
          ...this.#start,
          text: this.text,
          ...(this.#citations.length > 0 ? { citations: this.#citations } : {}),
        };
      case 'thinking':
        return { ...this.#start, thinking: this.text, signature: this.#signature ?? '' };
    }
    return this.json === '' ? this.#start : { ...this.#start, input: parseJson(this.json) ?? {} };
  }
}
