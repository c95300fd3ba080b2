import type { JsonObject } from '../../protocol/messages.ts';
import { indexOf, type OutputItem, PieceText } from './output-item.ts';
import { objectsOf, partSeparator, type ResponsesState } from './reasoning-state.ts';
import type { Turn } from './turn.ts';

type Source = NonNullable<ResponsesState['source']>;

/** What the model thinks: its summary, or its own words where the service shows them, and what is encrypted of it. */
export class ReasoningOutput implements OutputItem {
  readonly kind = 'reasoning';
  readonly implicit: boolean;
  readonly known: JsonObject;
  readonly #turn: Turn;
  readonly #parts = new Map<number, PieceText>();
  #source: Source | undefined;
  #begun = false;

  constructor(turn: Turn, known: JsonObject, implicit: boolean) {
    this.#turn = turn;
    this.known = known;
    this.implicit = implicit;
  }

  read(event: JsonObject): void {
    switch (event.type) {
      case 'response.reasoning_summary_text.delta':
        return this.#piece('summary', event.summary_index, event.delta);
      case 'response.reasoning_summary_text.done':
        return this.#whole('summary', event.summary_index, event.text);
      case 'response.reasoning_text.delta':
        return this.#piece('content', event.content_index, event.delta);
      case 'response.reasoning_text.done':
        return this.#whole('content', event.content_index, event.text);
    }
  }

  finish(whole: JsonObject | undefined): void {
    for (const [index, part] of objectsOf(whole?.summary).entries()) this.#whole('summary', index, part.text);
    for (const [index, part] of objectsOf(whole?.content).entries()) this.#whole('content', index, part.text);
    const encrypted = whole?.encrypted_content ?? this.known.encrypted_content;
    const isEncrypted = typeof encrypted === 'string' && encrypted !== '';
    // Without text and encrypted, nothing of it can be shown or go back.
    if (!isEncrypted && !this.#begun) return;
    if (!this.#begun) this.#turn.beginReasoning();
    const id = whole?.id ?? this.known.id;
    const parts = [...this.#parts.values()].map(({ said }) => said.length);
    this.#turn.endReasoning({
      ...(typeof id === 'string' ? { id } : {}),
      ...(isEncrypted ? { encrypted } : {}),
      ...(this.#source ? { source: this.#source } : {}),
      ...(parts.length > 1 ? { parts } : {}),
    });
  }

  #piece(source: Source, index: unknown, delta: unknown): void {
    if (typeof delta === 'string' && delta !== '' && this.#isFrom(source))
      this.#think(index, (part) => part.add(delta));
  }

  #whole(source: Source, index: unknown, text: unknown): void {
    if (typeof text === 'string' && text !== '' && this.#isFrom(source)) {
      this.#think(index, (part) => part.complete(text));
    }
  }

  /** Where both are told, the one that came first is shown. */
  #isFrom(source: Source): boolean {
    this.#source ??= source;
    return this.#source === source;
  }

  #think(index: unknown, take: (part: PieceText) => string): void {
    const place = indexOf(index);
    const isNew = !this.#parts.has(place);
    const part = this.#parts.get(place) ?? new PieceText();
    this.#parts.set(place, part);
    const text = take(part);
    if (text === '') return;
    if (!this.#begun) this.#turn.beginReasoning();
    this.#turn.writer.thinking(isNew && this.#begun ? partSeparator + text : text);
    this.#begun = true;
  }
}
