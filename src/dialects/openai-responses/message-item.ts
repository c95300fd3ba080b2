import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';
import { indexOf, type OutputItem, PieceText } from './output-item.ts';
import { objectsOf } from './reasoning-state.ts';
import type { Turn } from './turn.ts';

/** What the model says, or why it does not: one text block. */
export class MessageItem implements OutputItem {
  readonly kind = 'message';
  readonly implicit: boolean;
  readonly known: JsonObject;
  readonly #turn: Turn;
  readonly #parts = new Map<number, PieceText>();
  readonly #cited = new Set<string>();
  #hasSpoken = false;
  #begun = false;

  constructor(turn: Turn, known: JsonObject, implicit: boolean) {
    this.#turn = turn;
    this.known = known;
    this.implicit = implicit;
  }

  read(event: JsonObject): void {
    const index = indexOf(event.content_index);
    const part = this.#part(index);
    switch (event.type) {
      case 'response.output_text.delta':
        return this.#say(part.add(event.delta));
      case 'response.output_text.done':
        return this.#say(part.complete(event.text));
      case 'response.refusal.delta':
        return this.#refuse(part.add(event.delta));
      case 'response.refusal.done':
        return this.#refuse(part.complete(event.refusal));
      case 'response.content_part.done':
        return this.#wholePart(index, isJsonObject(event.part) ? event.part : {});
      case 'response.output_text.annotation.added':
        return this.#cite(part, event.annotation);
    }
  }

  finish(whole: JsonObject | undefined): void {
    this.#enter(whole);
    for (const [index, part] of objectsOf(whole?.content).entries()) this.#wholePart(index, part);
    if (this.#hasSpoken) this.#turn.writer.closeBlock();
  }

  #wholePart(index: number, part: JsonObject): void {
    const text = this.#part(index);
    if (part.type === 'refusal') return this.#refuse(text.complete(part.refusal));
    if (part.type !== 'output_text' && part.type !== 'text') return;
    this.#say(text.complete(part.text));
    for (const annotation of objectsOf(part.annotations)) this.#cite(text, annotation);
  }

  #part(index: number): PieceText {
    const part = this.#parts.get(index) ?? new PieceText();
    this.#parts.set(index, part);
    return part;
  }

  #enter(whole?: JsonObject): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#turn.enter('message', whole?.phase ?? this.known.phase);
  }

  #say(text: string): void {
    if (text === '') return;
    this.#enter();
    if (!this.#hasSpoken) this.#turn.beginText();
    this.#hasSpoken = true;
    this.#turn.writer.text(text);
  }

  #refuse(text: string): void {
    this.#say(text);
    this.#turn.writer.finish('refusal');
  }

  #cite(part: PieceText, annotation: unknown): void {
    if (!isJsonObject(annotation) || annotation.type !== 'url_citation' || typeof annotation.url !== 'string') return;
    const { url, title, start_index: start, end_index: end } = annotation;
    const key = JSON.stringify([url, start, end]);
    if (this.#cited.has(key)) return;
    this.#cited.add(key);
    this.#turn.writer.citation({
      type: 'web_search_result_location',
      url,
      title: typeof title === 'string' ? title : null,
      encrypted_index: '',
      cited_text: typeof start === 'number' && typeof end === 'number' ? part.said.slice(start, end) : '',
    });
  }
}
