import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';
import { parseJson } from '../../protocol/stream-event.ts';
import { withoutStandInNulls } from '../shared/strict-schema.ts';
import { type OutputItem, PieceText } from './output-item.ts';
import type { Turn } from './turn.ts';

/** A call of a tool: of a function, or of a custom tool, whose input is plain text. Shown when it is whole. */
export class CallItem implements OutputItem {
  readonly kind: 'function_call' | 'custom_tool_call';
  readonly implicit: boolean;
  readonly known: JsonObject;
  readonly #turn: Turn;
  readonly #key: string;
  readonly #input = new PieceText();

  constructor(kind: CallItem['kind'], turn: Turn, known: JsonObject, implicit: boolean, key: string) {
    this.kind = kind;
    this.#turn = turn;
    this.known = known;
    this.implicit = implicit;
    this.#key = key;
  }

  read(event: JsonObject): void {
    switch (event.type) {
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        this.#input.add(event.delta);
        return;
      case 'response.function_call_arguments.done':
        this.#input.complete(inputText(event.arguments));
        return;
      case 'response.custom_tool_call_input.done':
        this.#input.complete(event.input);
    }
  }

  finish(whole: JsonObject | undefined, cut: boolean): void {
    const said = { ...this.known, ...whole };
    const name = typeof said.name === 'string' ? said.name : '';
    const written = inputText(this.kind === 'function_call' ? said.arguments : said.input);
    const input = written === '' ? this.#input.said : written;
    // Cut before it said anything, it is no call without arguments.
    if (input.trim() === '' && (cut || said.status === 'incomplete')) return;
    const { writer } = this.#turn;
    const callId = typeof said.call_id === 'string' && said.call_id !== '' ? said.call_id : said.id;
    const isOffered = this.#turn.exchange.toolSchemas.has(this.#clientName(name));
    // A custom tool that the client did not offer is one of the service's own.
    const isHidden = this.kind === 'custom_tool_call' && !isOffered;
    this.#turn.enter(isHidden ? this.kind : 'function_call');
    if (isHidden) return;
    if (this.kind === 'custom_tool_call') {
      this.#start(callId, name);
      writer.toolEnd(this.#key, JSON.stringify({ input }));
      return;
    }
    this.#start(callId, name);
    // What does not parse may have been cut: how the response ends will tell.
    if (input.trim() === '' || parseJson(input) !== undefined) writer.toolEnd(this.#key, this.#cleaned(input, name));
    else writer.toolArguments(this.#key, input);
  }

  #start(callId: unknown, name: string): void {
    this.#turn.writer.toolStart(this.#key, { ...(typeof callId === 'string' ? { id: callId } : {}), name });
  }

  #clientName(name: string): string {
    return this.#turn.exchange.toolNames.get(name) ?? name;
  }

  /** Strict mode makes the model write null where it would leave an input out. */
  #cleaned(input: string, name: string): string {
    const { strictTools, toolSchemas } = this.#turn.exchange;
    const tool = this.#clientName(name);
    if (!strictTools?.has(tool) || !input.includes('null')) return input;
    const value = parseJson(input);
    return isJsonObject(value) ? JSON.stringify(withoutStandInNulls(value, toolSchemas.get(tool))) : input;
  }
}

/** Arguments as text, also where a service sends them as an object. */
function inputText(value: unknown): string {
  if (typeof value === 'string') return value;
  return isJsonObject(value) ? JSON.stringify(value) : '';
}
