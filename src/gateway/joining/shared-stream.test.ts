import { describe, expect, it } from 'vitest';
import { eventsOfMessage } from '../../protocol/events-of-message.ts';
import { StreamEvent } from '../../protocol/stream-event.ts';
import { SharedStream } from './shared-stream.ts';

const words = Array.from({ length: 40 }, (_, index) => `wörd ${index} 🌍 `);
const [start, open, , ...end] = eventsOfMessage({
  ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'm', stop_reason: 'end_turn', stop_sequence: null },
  ...{ content: [{ type: 'text', text: 'x' }], usage: { input_tokens: 1, output_tokens: 1 } },
});
const batches = [[start!, open!], ...words.map((word) => [StreamEvent.textDelta(0, word)]), end];
const whole = StreamEvent.join(batches.flat());

interface Source {
  /** Batches that were asked for. */
  asked: number;
  ended: boolean;
}

async function* source(told: Source): AsyncGenerator<StreamEvent[]> {
  try {
    for (const batch of batches) {
      told.asked += 1;
      yield batch;
    }
  } finally {
    told.ended = true;
  }
}

function share(memory = { bytes: 0, most: 1e6, mostOfOne: 1e6 }) {
  const told: Source = { asked: 0, ended: false };
  const ends: boolean[] = [];
  return { told, ends, memory, stream: new SharedStream(source(told), memory, (isWhole) => ends.push(isWhole)) };
}

const nobody = () => undefined;

async function readAll(reader: AsyncIterable<StreamEvent[]>): Promise<Buffer> {
  const events: StreamEvent[] = [];
  for await (const batch of reader) events.push(...batch);
  return StreamEvent.join(events);
}

async function read(reader: AsyncIterator<StreamEvent[]>, count: number): Promise<StreamEvent[]> {
  const events: StreamEvent[] = [];
  for (let index = 0; index < count; index += 1) events.push(...((await reader.next()).value ?? []));
  return events;
}

describe('a stream that several read', () => {
  it.each([0, 1, 7, batches.length])('gives all of it to one that comes after %i batches', async (count) => {
    const { stream, told, ends } = share();
    const first = stream.reader(nobody);
    const before = await read(first, count);
    const [rest, other] = await Promise.all([readAll(first), readAll(stream.reader(nobody))]);
    expect(Buffer.concat([StreamEvent.join(before), rest])).toEqual(whole);
    expect(other).toEqual(whole);
    expect([told.asked, told.ended, ends]).toEqual([batches.length, true, [true]]);
  });

  it('waits for none of them: whoever is foremost goes on', async () => {
    const { stream } = share();
    const stuck = stream.reader(nobody);
    await read(stuck, 2);
    expect(await readAll(stream.reader(nobody))).toEqual(whole);
    expect(await readAll(stuck)).toEqual(whole.subarray(StreamEvent.join(batches.slice(0, 2).flat()).length));
  });

  it('tells who leaves it, and asks for no more when it is closed', async () => {
    const { stream, told } = share();
    let left = 0;
    const reader = stream.reader(() => {
      left += 1;
    });
    await read(reader, 3);
    await reader.return?.();
    stream.close();
    await expect.poll(() => told.ended).toBe(true);
    expect([left, told.asked]).toEqual([1, 3]);
  });

  it('ends what is behind it, too, where nobody ever read it', async () => {
    const { stream, told } = share();
    stream.close();
    await expect.poll(() => told.ended).toBe(true);
  });
});

describe('what a stream remembers', () => {
  it('is let go beyond its limit: then it is whole for its reader, and for nobody else', async () => {
    const { stream, memory } = share({ bytes: 0, most: 1e6, mostOfOne: 2000 });
    const first = stream.reader(nobody);
    expect(stream.isJoinable).toBe(true);
    expect(await readAll(first)).toEqual(whole);
    expect(stream.isJoinable).toBe(false);
    expect(memory.bytes).toBe(0);
  });

  it('is let go where all streams together remember too much; who is behind then is told so', async () => {
    const { stream } = share({ bytes: 0, most: 5000, mostOfOne: 1e6 });
    const behind = stream.reader(nobody);
    await read(behind, 1);
    expect(await readAll(stream.reader(nobody))).toEqual(whole);
    const rest = (await readAll(behind)).toString();
    expect(rest).toMatch(/^event: error\n/);
    expect(rest).toContain('read too slowly');
  });

  it('is given back when it is closed', async () => {
    const { stream, memory } = share();
    await readAll(stream.reader(nobody));
    expect(memory.bytes).toBeGreaterThanOrEqual(whole.length);
    stream.close();
    expect(memory.bytes).toBe(0);
  });
});
