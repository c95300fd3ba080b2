import { isJsonObject, type JsonObject } from '../../src/protocol/messages.ts';

/** A frame of a stream in OpenAI's form: parsed data, or `[DONE]`. */
export interface OpenAiFrame {
  event?: string;
  data: unknown;
}

/** The frames of a whole stream; comments are left out. Throws for data that is no JSON. */
export function framesOf(text: string): OpenAiFrame[] {
  if (text !== '' && !text.endsWith('\n\n')) throw new Error(`the stream ends inside a frame: ${text.slice(-80)}`);
  return text
    .split('\n\n')
    .filter((frame) => frame !== '' && !frame.startsWith(':'))
    .map((frame) => {
      const match = /^(?:event: ([^\n]*)\n)?data: ([^\n]*)$/.exec(frame);
      if (!match) throw new Error(`no frame: ${frame}`);
      const data: unknown = match[2] === '[DONE]' ? '[DONE]' : JSON.parse(match[2]!);
      return match[1] === undefined ? { data } : { event: match[1], data };
    });
}

/** A chat stream as a client folds it, and what is illegal in it. */
export function foldChat(frames: readonly OpenAiFrame[]): { completion: JsonObject; violations: string[] } {
  const violations: string[] = [];
  if (frames.at(-1)?.data !== '[DONE]') violations.push('does not end with [DONE]');
  const chunks = frames.slice(0, -1).map(({ data }) => data as JsonObject);
  const message: JsonObject = { role: undefined, content: null, refusal: null };
  let reason: unknown = null;
  let usage: unknown = null;
  const calls: JsonObject[] = [];
  chunks.forEach((chunk, position) => {
    if (chunk.object !== 'chat.completion.chunk') violations.push(`object ${String(chunk.object)}`);
    const choices = chunk.choices as JsonObject[];
    if (choices.length === 0) {
      if (position !== chunks.length - 1) violations.push('the usage is not last');
      usage = chunk.usage;
      return;
    }
    if (chunk.usage !== null) violations.push('usage beside a choice');
    if (reason !== null) violations.push('a choice behind the finish');
    const choice = choices[0]!;
    reason = choice.finish_reason;
    addDelta(message, calls, choice.delta as JsonObject, violations);
  });
  if (message.role !== 'assistant') violations.push('no role');
  if (reason === null) violations.push('no finish reason');
  if (calls.length > 0) {
    message.tool_calls = calls;
    if (message.content === '') message.content = null;
  }
  const [{ id, created, model }] = chunks as [JsonObject];
  const choice = { index: 0, message, logprobs: null, finish_reason: reason };
  return { completion: { id, object: 'chat.completion', created, model, choices: [choice], usage }, violations };
}

function addDelta(message: JsonObject, calls: JsonObject[], delta: JsonObject, violations: string[]): void {
  const { tool_calls: toolCalls, annotations, reasoning_details: details, ...texts } = delta;
  for (const [name, text] of Object.entries(texts)) {
    if (name === 'role') message.role = text;
    else message[name] = `${message[name] ?? ''}${String(text)}`;
  }
  for (const [name, list] of Object.entries({ annotations, reasoning_details: details })) {
    if (Array.isArray(list)) message[name] = [...((message[name] as unknown[] | undefined) ?? []), ...list];
  }
  for (const { index, ...call } of (toolCalls ?? []) as (JsonObject & { index: number })[]) {
    if (calls[index]) {
      if (index !== calls.length - 1) violations.push(`call ${index} goes on behind another`);
      if (call.id !== undefined) violations.push(`call ${index} begins twice`);
      const known = calls[index].function as JsonObject;
      known.arguments = `${known.arguments}${(call.function as JsonObject).arguments}`;
    } else {
      if (index !== calls.length) violations.push(`call ${index} where ${calls.length} is due`);
      calls.push(call);
    }
  }
}

/** The events of a response as a client folds them, and what is illegal in them. */
export function foldResponse(frames: readonly OpenAiFrame[]): { response: JsonObject; violations: string[] } {
  const fold = new ResponseFold();
  frames.forEach(({ event, data }, index) => {
    const { type, sequence_number: sequence, ...fields } = data as JsonObject;
    if (event !== type) fold.violations.push(`event ${event} for data of type ${String(type)}`);
    if (sequence !== index) fold.violations.push(`sequence_number ${String(sequence)} where ${index} is due`);
    fold.add(String(type), fields);
  });
  return { response: fold.finish(), violations: fold.violations };
}

class ResponseFold {
  readonly violations: string[] = [];
  readonly #items: JsonObject[] = [];
  #events = 0;
  #open: JsonObject | undefined;
  #part: JsonObject | undefined;
  #end: JsonObject | undefined;

  add(type: string, fields: JsonObject): void {
    const due = ['response.created', 'response.in_progress'][this.#events];
    if (due !== undefined && type !== due) this.violations.push(`${type} where ${due} is due`);
    if (this.#end) this.violations.push(`${type} behind the end`);
    this.#events += 1;
    if (due !== undefined) return;
    if (/^response\.(completed|incomplete|failed)$/.test(type)) this.#end = fields.response as JsonObject;
    else if (type === 'response.output_item.added') this.#add(fields);
    else this.#about(type, fields);
  }

  /** The last response; its output must be what the events told. */
  finish(): JsonObject {
    if (!this.#end) this.violations.push('no end');
    if (this.#open) this.violations.push('ends with an open item');
    const output = JSON.stringify(this.#end?.output);
    if (output !== JSON.stringify(this.#items)) this.violations.push(`the output is not what was told: ${output}`);
    return this.#end ?? {};
  }

  #add({ output_index: index, item }: JsonObject): void {
    if (this.#open) this.violations.push('an item begins inside another');
    if (index !== this.#items.length) this.violations.push(`output_index ${String(index)}`);
    this.#open = structuredClone(item) as JsonObject;
    if (this.#open.status !== 'in_progress') this.violations.push('an item begins complete');
  }

  #about(type: string, fields: JsonObject): void {
    const item = this.#open;
    if (!item) {
      this.violations.push(`${type} without an item`);
      return;
    }
    if (type === 'response.output_item.done') return this.#close(item, fields.item as JsonObject);
    if (fields.item_id !== item.id) this.violations.push(`${type} of ${String(fields.item_id)}`);
    const { delta, text, part } = fields;
    if (type.endsWith('_part.added')) this.#part = structuredClone(part) as JsonObject;
    else if (type.endsWith('_part.done')) this.#closePart(item, type, part as JsonObject);
    else if (type.endsWith('arguments.delta')) item.arguments = `${String(item.arguments)}${String(delta)}`;
    else if (type.endsWith('input.delta')) item.input = `${String(item.input)}${String(delta)}`;
    else if (type.endsWith('refusal.delta')) this.#part!.refusal = `${String(this.#part!.refusal)}${String(delta)}`;
    else if (type.endsWith('text.delta')) this.#part!.text = `${String(this.#part!.text)}${String(delta)}`;
    else if (type.endsWith('annotation.added')) (this.#part!.annotations as unknown[]).push(fields.annotation);
    else if (type.endsWith('text.done') && text !== this.#part?.text) this.violations.push('a text that differs');
  }

  #closePart(item: JsonObject, type: string, part: JsonObject): void {
    if (JSON.stringify(part) !== JSON.stringify(this.#part)) this.violations.push(`a part that differs: ${type}`);
    const name = type.includes('summary') ? 'summary' : 'content';
    (item[name] as unknown[]).push(part);
    this.#part = undefined;
  }

  #close(item: JsonObject, done: JsonObject): void {
    const { encrypted_content: _, ...told } = done;
    const folded = { ...item, status: 'completed' };
    if (!isJsonObject(done) || !sameFields(told, folded)) {
      this.violations.push(`an item that differs: ${JSON.stringify(told)} from ${JSON.stringify(folded)}`);
    }
    this.#items.push(done);
    this.#open = undefined;
  }
}

function sameFields(left: JsonObject, right: JsonObject): boolean {
  const sorted = (value: JsonObject) => JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  return sorted(left) === sorted(right);
}
