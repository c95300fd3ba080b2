import type { JsonObject } from '../../protocol/messages.ts';
import { eventFrame } from '../shared/frames.ts';

/** An output item that has been announced. */
export interface OpenItem {
  id: string;
  /** Its place in the output. */
  index: number;
}

/** Numbers the events of one response and keeps its items. */
export class ItemEvents {
  /** Items that are done. */
  readonly output: JsonObject[] = [];
  #sequence = 0;
  #frames: string[] = [];

  send(type: string, fields: JsonObject): void {
    this.#frames.push(eventFrame(type, { sequence_number: this.#sequence, ...fields }));
    this.#sequence += 1;
  }

  /** An event about a part of an item. */
  about({ id, index }: OpenItem, type: string, fields: JsonObject): void {
    this.send(type, { item_id: id, output_index: index, ...fields });
  }

  /** Announces the next item. */
  open(item: JsonObject): OpenItem {
    const index = this.output.length;
    this.send('response.output_item.added', { output_index: index, item: { ...item, status: 'in_progress' } });
    return { id: String(item.id), index };
  }

  close({ index }: OpenItem, item: JsonObject): void {
    this.output.push(item);
    this.send('response.output_item.done', { output_index: index, item });
  }

  comment(frame: Buffer): void {
    this.#frames.push(frame.toString());
  }

  /** The frames since the last time. */
  take(): Buffer {
    const frames = this.#frames;
    this.#frames = [];
    return Buffer.from(frames.join(''));
  }
}
