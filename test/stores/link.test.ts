import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/call/failure.ts';
import { Link } from '../../src/daemon/cluster/link.ts';
import { ends } from '../support/ends.ts';

interface Offers {
  double(value: number): number;
  refuse(): void;
  breakDown(): void;
  never(): Promise<void>;
  note(text: string): void;
}

function linked() {
  const noted: string[] = [];
  const [worker, primary] = ends();
  new Link(primary, {
    double: (value: number) => value * 2,
    refuse: () => {
      throw new Failure('target-busy', 'too many', { retryAfterSeconds: 2, cause: new Error('inner') });
    },
    breakDown: () => Promise.reject(new TypeError('broken')),
    never: () => new Promise(() => {}),
    note: (text: string) => noted.push(text),
  });
  return { link: new Link<Offers>(worker, {}), noted, worker };
}

describe('a link between two processes', () => {
  it('answers what is asked, each with its own', async () => {
    const { link } = linked();
    expect(await Promise.all([1, 2, 3].map((value) => link.ask('double', value)))).toEqual([2, 4, 6]);
  });

  it('keeps the order of what is told and asked', async () => {
    const { link, noted } = linked();
    link.tell('note', 'first');
    link.tell('note', 'second');
    await link.ask('double', 1);
    expect(noted).toEqual(['first', 'second']);
  });

  it('hands on a failure as what it is, and any other error by its message', async () => {
    const { link } = linked();
    await expect(link.ask('refuse')).rejects.toMatchObject({ kind: 'target-busy', details: { retryAfterSeconds: 2 } });
    await expect(link.ask('refuse')).rejects.toBeInstanceOf(Failure);
    await expect(link.ask('breakDown')).rejects.toThrow('broken');
  });

  it('waits no longer than it is told', async () => {
    const { link } = linked();
    await expect(link.askFor(20, 'never')).rejects.toMatchObject({ kind: 'state-away' });
  });

  it('rejects what is asked when the other end is gone, and tells nobody', async () => {
    const { link, worker, noted } = linked();
    const asked = link.ask('never');
    worker.leave();
    await expect(asked).rejects.toMatchObject({ kind: 'state-away' });
    await expect(link.ask('double', 1)).rejects.toMatchObject({ kind: 'state-away' });
    link.tell('note', 'nobody hears');
    expect(noted).toEqual([]);
  });
});
