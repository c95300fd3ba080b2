import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';
import type { Exchange } from '../dialect.ts';
import { packReasoning } from '../shared/reasoning-state.ts';
import type { ChatDelta } from './wire.ts';

/**
 * What a thinking block's signature holds, so that the next request can give the server back what it wants. Empty where
 * the text of the block is all there is.
 */
export interface ChatReasoningState extends JsonObject {
  /** The field that brought the text. */
  key?: 'reasoning' | 'reasoning_content';
  /** OpenRouter's `reasoning_details`, in order. */
  details?: JsonObject[];
  /** `extra_content` of the tool calls behind the block, in their order (Gemini's thought signatures). */
  calls?: unknown[];
}

/** Collects what the next signature has to hold. */
export class ReasoningCollector {
  readonly #exchange: Exchange;
  #key: 'reasoning' | 'reasoning_content' | undefined;
  #details: JsonObject[] = [];

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** True where something must go back that no signature holds yet. */
  get pending(): boolean {
    return this.#details.length > 0;
  }

  /** The reasoning text of a delta; details are kept. A whole message's details stay as they are, those of a stream are joined. */
  read(delta: ChatDelta, whole: boolean): string {
    const details = Array.isArray(delta.reasoning_details) ? delta.reasoning_details.filter(isJsonObject) : [];
    for (const detail of details) this.#addDetail(detail, whole);
    for (const key of ['reasoning_content', 'reasoning'] as const) {
      const text = textOf(delta[key]);
      if (text === '') continue;
      this.#key = key;
      return text;
    }
    return details.map(detailText).join('');
  }

  /** The signature of the block in front of a call that has to go back with this `extra_content`. */
  signCall(extra: JsonObject): string {
    return this.#pack({ calls: [extra] });
  }

  /** The signature of the block that is about to close. */
  readonly sign = (): string => {
    const state: ChatReasoningState = {
      ...(this.#key ? { key: this.#key } : {}),
      ...(this.#details.length > 0 ? { details: this.#details } : {}),
    };
    this.#details = [];
    return this.#pack(state);
  };

  #pack(state: ChatReasoningState): string {
    return packReasoning({ provider: this.#exchange.provider, model: this.#exchange.model, state });
  }

  #addDetail(detail: JsonObject, whole: boolean): void {
    const known = whole
      ? undefined
      : this.#details.findLast((other) => other.type === detail.type && other.index === detail.index);
    const joins = known !== undefined && (detail.type === 'reasoning.text' || detail.type === 'reasoning.summary');
    if (!joins) {
      this.#details.push({ ...detail });
      return;
    }
    for (const [name, value] of Object.entries(detail)) {
      if ((name === 'text' || name === 'summary') && typeof value === 'string')
        known[name] = `${known[name] ?? ''}${value}`;
      else if (value !== null && value !== undefined) known[name] = value;
    }
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!isJsonObject(value)) return '';
  return textOf(value.text ?? value.content ?? value.summary);
}

function detailText(detail: JsonObject): string {
  return detail.type === 'reasoning.encrypted' ? '' : textOf(detail);
}
