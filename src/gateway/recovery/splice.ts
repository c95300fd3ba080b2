import { packReasoning } from '../../dialects/shared/reasoning-state.ts';
import type { ContentBlock, Delta, StreamEventData, Usage } from '../../protocol/messages.ts';
import { StreamEvent } from '../../protocol/stream-event.ts';
import { OverlapFilter } from './overlap.ts';
import type { ShownReply } from './shown-reply.ts';

/**
 * Joins the stream of another target to what was shown: one message, one block open at a time, indexes going on, text
 * going on in the block that is open, nothing said twice.
 */
export class Splice {
  readonly #before: Usage;
  readonly #outputBefore: number;
  readonly #overlap: OverlapFilter;
  #open: { index: number; type: string } | undefined;
  #nextIndex: number;
  /** The first text of the continuation is behind us: what follows repeats nothing. */
  #textDone = false;
  /** The continuation's own open block. */
  #own: string | undefined;
  #events: StreamEvent[] = [];

  constructor(shown: ShownReply) {
    this.#before = shown.usage;
    this.#outputBefore = shown.outputTokens;
    this.#overlap = new OverlapFilter(shown.text);
    this.#open = shown.open;
    this.#nextIndex = shown.nextIndex;
    // What a model was thinking when it was cut is not its whole thought: the signature says that it is not to be sent back.
    if (this.#open?.type === 'thinking') {
      this.#delta({
        type: 'signature_delta',
        signature: packReasoning({ provider: 'router', model: 'cut', state: {} }),
      });
      this.#close();
    }
  }

  /** The events of the continuation as they go to the client. */
  push(events: readonly StreamEvent[]): StreamEvent[] {
    for (const event of events) this.#add(event.data);
    const spliced = this.#events;
    this.#events = [];
    return spliced;
  }

  #add(data: StreamEventData): void {
    switch (data.type) {
      case 'message_start':
        return;
      case 'content_block_start':
        return this.#start(data.content_block);
      case 'content_block_delta':
        return this.#addDelta(data.delta);
      case 'content_block_stop':
        return this.#stop();
      case 'message_delta':
        this.#close();
        return this.#emit({ ...data, usage: this.#joinedUsage(data.usage) });
      default:
        this.#emit(data);
    }
  }

  #start(block: ContentBlock): void {
    this.#own = block.type;
    const text = block.type === 'text' && typeof block.text === 'string' ? block.text : '';
    if (block.type === 'text' && !this.#textDone && this.#open?.type === 'text') return this.#text(text);
    this.#close();
    this.#open = { index: this.#nextIndex, type: block.type };
    this.#nextIndex += 1;
    const shown = text === '' ? block : { ...block, text: '' };
    this.#emit({ type: 'content_block_start', index: this.#open.index, content_block: shown });
    this.#text(text);
  }

  #addDelta(delta: Delta): void {
    if (delta.type === 'text_delta') this.#text(String(delta.text));
    else this.#delta(delta);
  }

  #text(text: string): void {
    const fresh = this.#textDone ? text : this.#overlap.push(text);
    if (fresh !== '') this.#delta({ type: 'text_delta', text: fresh });
  }

  #stop(): void {
    if (this.#own === 'text' && !this.#textDone) {
      const rest = this.#overlap.end();
      if (rest !== '') this.#delta({ type: 'text_delta', text: rest });
      this.#textDone = true;
    }
    this.#own = undefined;
    this.#close();
  }

  #close(): void {
    if (!this.#open) return;
    this.#emit({ type: 'content_block_stop', index: this.#open.index });
    this.#open = undefined;
  }

  #delta(delta: Delta): void {
    if (this.#open) this.#emit({ type: 'content_block_delta', index: this.#open.index, delta });
  }

  /** What the client pays attention to: the prompt as it was told at the beginning, and all that was written. */
  #joinedUsage(usage: Partial<Usage>): Usage {
    const { input_tokens, cache_creation_input_tokens, cache_read_input_tokens } = this.#before;
    return {
      ...usage,
      ...{ input_tokens, cache_creation_input_tokens, cache_read_input_tokens },
      output_tokens: this.#outputBefore + (usage.output_tokens ?? 0),
    };
  }

  #emit(data: StreamEventData): void {
    this.#events.push(StreamEvent.of(data));
  }
}
