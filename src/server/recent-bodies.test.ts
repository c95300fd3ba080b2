import { describe, expect, it } from 'vitest';
import { type BodyScan, scanBody } from '../protocol/body-scan.ts';
import { RecentBodies } from './recent-bodies.ts';

const padding = 'x'.repeat(20_000);

function bodyOf(texts: string[], more: Record<string, unknown> = {}): Buffer {
  const messages = texts.map((text, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content: text }));
  return Buffer.from(JSON.stringify({ model: 'm', messages, system: 'Be brief.', ...more }));
}

/** Which of the messages were known before. */
function shared(one: BodyScan, other: BodyScan): boolean[] {
  return one.messages.map(({ known }, index) => known === other.messages[index]?.known);
}

describe('the bodies of recent calls', () => {
  it('give a later call what it shares with an earlier one, message by message', () => {
    const bodies = new RecentBodies(500);
    const first = bodies.scan(bodyOf([padding, 'a', 'b']));
    const second = bodies.scan(bodyOf([padding, 'A', 'b', 'c']));
    expect(shared(second, first)).toEqual([true, false, true, false]);
    expect(second.fields.get('system')!.known).toBe(first.fields.get('system')!.known);
  });

  it('find what scanning alone finds', () => {
    const bodies = new RecentBodies(500);
    const texts = [padding, 'a', 'b', 'c'];
    for (const some of [texts, texts.slice(0, 2), [padding, 'other', ...texts], ['short', ...texts], texts]) {
      for (const more of [{}, { tools: [{ name: 'Read' }], 'max\u0009tokens': 12 }, { model: 'n', n: -1.5e3 }]) {
        const body = bodyOf(some, more);
        const alone = scanBody(Buffer.from(body));
        const { fields, messages, isWellFormed, hasPlainMessages } = bodies.scan(body);
        const spans = (parts: Iterable<{ start: number; end: number }>) =>
          [...parts].map(({ start, end }) => [start, end]);
        expect([...fields.keys()]).toEqual([...alone.fields.keys()]);
        expect(spans(fields.values())).toEqual(spans(alone.fields.values()));
        expect(spans(messages)).toEqual(spans(alone.messages));
        expect([isWellFormed, hasPlainMessages]).toEqual([true, true]);
      }
    }
  });

  it('keep conversations apart that begin alike, and each finds its own', () => {
    const bodies = new RecentBodies(500);
    const conversation = (name: string, length: number) =>
      bodyOf([`${padding} ${name}`, ...Array.from({ length }, (_, index) => `${name} ${index}`)]);
    const latest = new Map(['one', 'two'].map((name) => [name, bodies.scan(conversation(name, 4))]));
    for (const name of ['two', 'one', 'two']) {
      const { messages } = latest.get(name)!;
      const scan = bodies.scan(conversation(name, messages.length + 1));
      expect(shared(scan, latest.get(name)!).filter(Boolean)).toHaveLength(messages.length);
      latest.set(name, scan);
    }
    const held = [...latest.values()].reduce((sum, { body }) => sum + body.length, 0);
    expect(bodies.bytes).toBe(held);
  });

  it('hold no more bytes than they may, the latest ones', () => {
    const bodies = new RecentBodies(500, 100_000);
    const conversation = (index: number) => bodyOf([`${index} ${padding}`, 'answer']);
    const scans = Array.from({ length: 50 }, (_, index) => {
      const scan = bodies.scan(conversation(index));
      expect(bodies.bytes).toBeLessThanOrEqual(100_000);
      return scan;
    });
    bodies.scan(bodyOf(['y'.repeat(200_000)]));
    expect(bodies.bytes).toBeLessThanOrEqual(100_000);
    expect(shared(bodies.scan(conversation(49)), scans[49]!)).toEqual([true, true]);
    expect(shared(bodies.scan(conversation(0)), scans[0]!)).toEqual([false, false]);
  });

  it.each([
    ['no JSON', Buffer.from(`{"messages":[{"role":"user"}],"p":"${padding}"`)],
    [
      'nested too deep',
      Buffer.from(`{"messages":[{"role":"user"}],"p":"${padding}","d":${'['.repeat(9)}${']'.repeat(9)}}`),
    ],
    ['short', bodyOf(['a'])],
  ])('are none that are %s', (_, body) => {
    const bodies = new RecentBodies(8);
    bodies.scan(body);
    expect(bodies.bytes).toBe(0);
  });

  it('do not take a number for the longer one that begins with it', () => {
    const bodies = new RecentBodies(500);
    bodies.scan(bodyOf([padding], { n: 1 }));
    const { fields, body, isWellFormed } = bodies.scan(bodyOf([padding], { n: 12 }));
    const { start, end } = fields.get('n')!;
    expect([body.toString('utf8', start, end), isWellFormed]).toEqual(['12', true]);
  });
});
