import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';
import { CallItem } from './call-item.ts';
import { HiddenItem } from './hidden-item.ts';
import { ItemQueue } from './item-queue.ts';
import { MessageItem } from './message-item.ts';
import type { OutputItem } from './output-item.ts';
import { ReasoningOutput } from './reasoning-output.ts';
import { objectsOf } from './reasoning-state.ts';
import { SearchItem } from './search-item.ts';
import type { Turn } from './turn.ts';

/** The output items of one response, told from each other by their place: some services change ids from event to event. */
export class OutputItems {
  readonly #turn: Turn;
  readonly #queue = new ItemQueue<OutputItem>();
  readonly #all: { item: OutputItem; ended: boolean; matched: boolean }[] = [];
  readonly #byPlace = new Map<string, { item: OutputItem; ended: boolean }>();

  constructor(turn: Turn) {
    this.#turn = turn;
  }

  added(event: JsonObject): void {
    const known = isJsonObject(event.item) ? event.item : {};
    const place = placeOf(event);
    const there = this.#byPlace.get(place);
    if (there && !there.ended && there.item.kind === known.type) return;
    this.#begin(place, String(known.type), known, false);
  }

  read(event: JsonObject): void {
    const kind = kindOfEvent(event);
    if (kind === undefined) return;
    const place = placeOf(event);
    const there = this.#byPlace.get(place);
    const entry =
      there && continues(there.item, kind, event) ? there : this.#begin(place, kind, { id: event.item_id }, true);
    if (!entry.ended) this.#queue.run(entry.item, () => entry.item.read(event));
  }

  done(event: JsonObject): void {
    const whole = isJsonObject(event.item) ? event.item : {};
    const place = placeOf(event);
    const there = this.#byPlace.get(place);
    const fits = there !== undefined && !there.ended && there.item.kind === whole.type;
    const entry = fits ? there : this.#begin(place, String(whole.type), whole, false);
    this.#end(entry, whole, false);
  }

  /** The response is over: what `output` holds beyond what was told, and the end of what had none. */
  complete(output: unknown, cut: boolean): void {
    for (const { entry, whole } of this.#matches(objectsOf(output))) {
      const found = entry ?? this.#begin(undefined, String(whole.type), whole, false);
      if (!found.ended) this.#end(found, whole, cut);
    }
    for (const entry of this.#all) if (!entry.ended) this.#end(entry, undefined, cut);
  }

  /** Each item of the output with the one that was told before: by its id, else in order among those of its kind. */
  #matches(output: JsonObject[]) {
    const pairs = output.map((whole) => ({ whole, entry: this.#claim(whole, isSame) }));
    return pairs.map(({ whole, entry }) => ({ whole, entry: entry ?? this.#claim(whole, isSameKind) }));
  }

  #claim(whole: JsonObject, fits: (item: OutputItem, whole: JsonObject) => boolean) {
    const entry = this.#all.find(({ item, matched }) => !matched && fits(item, whole));
    if (entry) entry.matched = true;
    return entry;
  }

  #begin(place: string | undefined, kind: string, known: JsonObject, implicit: boolean) {
    const item = this.#itemOf(kind, known, implicit);
    const entry = { item, ended: false, matched: false };
    const last = this.#all.at(-1);
    // What no event announced is over when something else begins.
    if (last?.item.implicit && !last.ended) this.#end(last, undefined, false);
    this.#all.push(entry);
    if (place !== undefined) this.#byPlace.set(place, entry);
    this.#queue.begin(item);
    return entry;
  }

  #end(entry: { item: OutputItem; ended: boolean }, whole: JsonObject | undefined, cut: boolean): void {
    entry.ended = true;
    this.#queue.end(entry.item, () => entry.item.finish(whole, cut));
  }

  #itemOf(kind: string, known: JsonObject, implicit: boolean): OutputItem {
    const key = String(this.#all.length);
    switch (kind) {
      case 'message':
        return new MessageItem(this.#turn, known, implicit);
      case 'reasoning':
        return new ReasoningOutput(this.#turn, known, implicit);
      case 'function_call':
      case 'custom_tool_call':
        return new CallItem(kind, this.#turn, known, implicit, key);
      case 'web_search_call':
        return new SearchItem(this.#turn, known, key);
    }
    return new HiddenItem(kind, this.#turn, known);
  }
}

function placeOf({ output_index: index, item_id: id, item }: JsonObject): string {
  if (typeof index === 'number') return String(index);
  return String(id ?? (isJsonObject(item) ? item.id : undefined));
}

function isSame({ kind, known }: OutputItem, whole: JsonObject): boolean {
  if (kind !== whole.type) return false;
  const { id, call_id: callId } = known;
  return (id !== undefined && id === whole.id) || (callId !== undefined && callId === whole.call_id);
}

function isSameKind({ kind }: OutputItem, whole: JsonObject): boolean {
  return kind === whole.type;
}

/** True where the event goes on with the item at its place; without announcements another id is another item. */
function continues({ kind, implicit, known }: OutputItem, kindOf: string, { item_id: id }: JsonObject): boolean {
  return kind === kindOf && !(implicit && id !== undefined && known.id !== undefined && id !== known.id);
}

/** The kind of item that an event concerns, where it brings something of it. */
function kindOfEvent({ type, part }: JsonObject): string | undefined {
  if (type === 'response.content_part.done') return isJsonObject(part) ? kindsOfParts[String(part.type)] : undefined;
  return kindsOfSubjects[String(type).split('.')[1] ?? ''];
}

const kindsOfSubjects: Record<string, string> = {
  output_text: 'message',
  refusal: 'message',
  reasoning_summary_text: 'reasoning',
  reasoning_text: 'reasoning',
  function_call_arguments: 'function_call',
  custom_tool_call_input: 'custom_tool_call',
};

const kindsOfParts: Record<string, string> = { output_text: 'message', refusal: 'message' };
