import { type ContentBlock, isJsonObject, type StreamEventData } from './messages.ts';
import { SseSplitter } from './sse.ts';
import { parseJson, StreamEvent } from './stream-event.ts';

/**
 * The judge of a Messages stream: `message_start` first, one block open at a time, indexes 0, 1, 2…, deltas that fit their
 * block, tool inputs that parse, one stop reason, and exactly one end: `message_stop`, or `error`.
 * Event, block and delta types it does not know are left alone, as clients leave them alone.
 */
export class StreamGrammar {
  readonly violations: string[] = [];
  #started = false;
  #end: 'none' | 'message_stop' | 'error' = 'none';
  #open: { index: number; block: ContentBlock; json: string } | undefined;
  #nextIndex = 0;
  #stopReason: string | null = null;
  #deltas = 0;
  readonly #toolIds = new Set<string>();
  /** The tool whose input does not parse: legal only where the token limit cut it, as Anthropic itself does. */
  #brokenInput: string | undefined;

  /** How the stream ended so far. */
  get ended(): 'none' | 'message_stop' | 'error' {
    return this.#end;
  }

  /** Judges the next event. */
  add(event: StreamEventData): void {
    if (this.#end !== 'none') return this.#violation(`${event.type} after the end (${this.#end})`);
    if (event.type === 'ping') return;
    if (event.type === 'error') return this.#error(event);
    if (!this.#started && event.type !== 'message_start') {
      this.#violation(`${event.type} before message_start`);
      this.#started = true;
    }
    this.#addBody(event);
  }

  /** Judges that nothing more comes; a stream that never ended is a violation. */
  finish(): string[] {
    if (this.#end === 'none') this.#violation('the stream ends without message_stop or error');
    return this.violations;
  }

  #addBody(event: Exclude<StreamEventData, { type: 'ping' | 'error' }>): void {
    switch (event.type) {
      case 'message_start':
        return this.#messageStart(event.message);
      case 'content_block_start':
        return this.#blockStart(event.index, event.content_block);
      case 'content_block_delta':
        return this.#blockDelta(event.index, event.delta);
      case 'content_block_stop':
        return this.#blockStop(event.index);
      case 'message_delta':
        return this.#messageDelta(event);
      case 'message_stop':
        return this.#messageStop();
    }
  }

  #error(event: Extract<StreamEventData, { type: 'error' }>): void {
    this.#end = 'error';
    if (typeof event.error?.type !== 'string' || typeof event.error.message !== 'string') {
      this.#violation('an error event without type and message');
    }
  }

  #messageStart(message: unknown): void {
    if (this.#started) return this.#violation('a second message_start');
    this.#started = true;
    if (!isJsonObject(message)) return this.#violation('message_start without a message');
    if (typeof message.id !== 'string' || message.id === '') this.#violation('message_start without an id');
    if (typeof message.model !== 'string') this.#violation('message_start without a model');
    if (!Array.isArray(message.content) || message.content.length > 0) this.#violation('message_start with content');
    if (!isJsonObject(message.usage)) this.#violation('message_start without usage');
  }

  #blockStart(index: number, block: ContentBlock): void {
    if (this.#deltas > 0) this.#violation('a block starts after message_delta');
    this.#judgeBrokenInput(null);
    if (this.#open) this.#violation(`block ${index} starts while ${this.#open.index} is open`);
    if (index !== this.#nextIndex) this.#violation(`block index ${index} where ${this.#nextIndex} is due`);
    if (!isJsonObject(block) || typeof block.type !== 'string') {
      this.#violation(`block ${index} without a type`);
      this.#open = { index, block: { type: '' }, json: '' };
    } else {
      this.#open = { index, block, json: '' };
      if (block.type === 'tool_use') this.#toolUse(block);
    }
    this.#nextIndex = index + 1;
  }

  #toolUse(block: ContentBlock): void {
    const { id, name, input } = block as { id?: unknown; name?: unknown; input?: unknown };
    if (typeof id !== 'string' || !/^[a-zA-Z0-9_-]+$/.test(id)) this.#violation(`tool_use id ${JSON.stringify(id)}`);
    else if (this.#toolIds.has(id)) this.#violation(`tool_use id ${id} twice`);
    else this.#toolIds.add(id);
    if (typeof name !== 'string' || name === '') this.#violation('tool_use without a name');
    if (!isJsonObject(input) || Object.keys(input).length > 0) this.#violation('tool_use starts with input');
  }

  #blockDelta(index: number, delta: unknown): void {
    if (!this.#open) return this.#violation(`a delta for block ${index} while none is open`);
    if (index !== this.#open.index) this.#violation(`a delta for block ${index} while ${this.#open.index} is open`);
    if (!isJsonObject(delta)) return this.#violation('content_block_delta without a delta');
    const type = String(delta.type);
    const field = deltaFields[type];
    if (field === undefined) return;
    if (!field.blocks.includes(this.#open.block.type) && isKnownBlock(this.#open.block.type)) {
      this.#violation(`${type} in a ${this.#open.block.type} block`);
    }
    if (field.name !== undefined && typeof delta[field.name] !== 'string') this.#violation(`${type} without text`);
    if (type === 'input_json_delta') this.#open.json += String(delta.partial_json);
  }

  #blockStop(index: number): void {
    if (!this.#open) return this.#violation(`block ${index} stops while none is open`);
    if (index !== this.#open.index) this.#violation(`block ${index} stops while ${this.#open.index} is open`);
    if (this.#open.json !== '' && !isJsonObject(parseJson(this.#open.json))) {
      this.#brokenInput = String(this.#open.block.name);
    }
    this.#open = undefined;
  }

  #judgeBrokenInput(stopReason: string | null): void {
    if (this.#brokenInput === undefined || cutsInput.test(stopReason ?? '')) return;
    this.#violation(`the input of tool ${this.#brokenInput} is not a JSON object`);
    this.#brokenInput = undefined;
  }

  #messageDelta(event: Extract<StreamEventData, { type: 'message_delta' }>): void {
    if (this.#open) this.#violation('message_delta while a block is open');
    this.#deltas += 1;
    const reason = event.delta?.stop_reason;
    if (typeof reason === 'string') {
      if (this.#stopReason !== null) this.#violation('a second stop reason');
      this.#stopReason = reason;
      this.#judgeBrokenInput(reason);
    }
    if (typeof event.usage?.output_tokens !== 'number') this.#violation('message_delta without usage.output_tokens');
  }

  #messageStop(): void {
    this.#end = 'message_stop';
    if (this.#open) this.#violation('message_stop while a block is open');
    if (this.#stopReason === null) this.#violation('message_stop without a stop reason');
  }

  #violation(text: string): void {
    this.violations.push(text);
  }
}

/** What is wrong with a whole recorded stream; empty where it is legal. */
export function judgeStream(bytes: Buffer): string[] {
  const splitter = new SseSplitter();
  const grammar = new StreamGrammar();
  for (const frame of [...splitter.push(bytes), ...splitter.end()]) {
    if (frame.data === undefined) continue;
    const event = StreamEvent.fromFrame(frame);
    if (event === undefined) grammar.violations.push(`data is not an event: ${frame.data.toString().slice(0, 80)}`);
    else {
      if (frame.event !== event.type) grammar.violations.push(`event: ${frame.event} for data of type ${event.type}`);
      grammar.add(event.data);
    }
  }
  return grammar.finish();
}

/** Stop reasons with which a tool input may be incomplete. */
export const cutsInput = /^(max_tokens|model_context_window_exceeded|refusal|pause_turn)$/;

const deltaFields: { [type: string]: { blocks: string[]; name?: string } } = {
  text_delta: { blocks: ['text'], name: 'text' },
  citations_delta: { blocks: ['text'] },
  thinking_delta: { blocks: ['thinking'], name: 'thinking' },
  signature_delta: { blocks: ['thinking'], name: 'signature' },
  input_json_delta: { blocks: ['tool_use', 'server_tool_use', 'mcp_tool_use'], name: 'partial_json' },
};

function isKnownBlock(type: string): boolean {
  return ['text', 'thinking', 'redacted_thinking', 'tool_use', 'server_tool_use', 'mcp_tool_use'].includes(type);
}
