import type { StreamEvent } from '../../protocol/stream-event.ts';

/**
 * Holds an answer back from its first tool call on until the answer is whole: a call that was shown can't be taken back,
 * and no other target could go on behind it. Clients run tools when the answer is whole, so nothing is lost by it.
 */
export class ToolHold {
  #held: StreamEvent[] | undefined;

  /** What may be shown now. */
  push(events: readonly StreamEvent[]): StreamEvent[] {
    const visible: StreamEvent[] = [];
    for (const event of events) {
      if (this.#held === undefined && beginsTool(event)) this.#held = [];
      if (this.#held === undefined) visible.push(event);
      else if (event.type !== 'ping') this.#held.push(event);
      if (this.#held && event.type === 'message_stop') {
        visible.push(...this.#held);
        this.#held = [];
      }
    }
    return visible;
  }
}

function beginsTool(event: StreamEvent): boolean {
  if (event.type !== 'content_block_start') return false;
  const { data } = event;
  return data.type === 'content_block_start' && !shownAtOnce.has(data.content_block.type);
}

const shownAtOnce = new Set(['text', 'thinking', 'redacted_thinking']);
