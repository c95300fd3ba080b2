import { thinksHard } from './effort.ts';
import type { ExpressionScope } from './expression.ts';
import type { Facts } from './facts.ts';

/** A call and the time as expressions see them; nothing is read that none asks for. */
export class CallScope implements ExpressionScope {
  readonly #facts: Facts;
  readonly #now: number;
  #date: Date | undefined;

  constructor(facts: Facts, now: number) {
    this.#facts = facts;
    this.#now = now;
  }

  get tokenCount() {
    return this.#facts.tokenCount;
  }
  get textTokens() {
    return this.#facts.textTokens;
  }
  get messageCount() {
    return this.#facts.messageCount;
  }
  get model() {
    return this.#facts.requestedModel;
  }
  get hasImages() {
    return this.#facts.hasImages;
  }
  get hasTools() {
    return this.#facts.hasTools;
  }
  get thinking() {
    return thinksHard(this.#facts);
  }
  get stream() {
    return this.#facts.stream;
  }
  get isSubagent() {
    return this.#facts.isSubagent;
  }
  get isBackground() {
    return this.#facts.isBackground;
  }
  get taskType() {
    return this.#facts.taskTypes[0] ?? 'question';
  }
  get complexity() {
    return this.#facts.complexity;
  }
  get text() {
    return this.#facts.text;
  }
  get fileTypes() {
    return this.#facts.fileTypes;
  }
  get session() {
    return this.#facts.session ?? '';
  }
  get key() {
    return this.#facts.key;
  }
  get hour() {
    return this.date.getHours();
  }
  get weekday() {
    return this.date.getDay();
  }

  /** Local time. */
  get date(): Date {
    this.#date ??= new Date(this.#now);
    return this.#date;
  }
}
