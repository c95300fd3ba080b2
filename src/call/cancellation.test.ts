import { describe, expect, it, vi } from 'vitest';
import { abortSignalOf, Cancellation } from './cancellation.ts';

const newListener = () => vi.fn<() => void>();

describe('a cancellation', () => {
  it('tells everybody who listens, once, and the reason', () => {
    const signal = new Cancellation();
    const [one, other] = [newListener(), newListener()];
    signal.addEventListener('abort', one, { once: true });
    signal.addEventListener('abort', other, { once: true });
    expect([signal.aborted, signal.reason]).toEqual([false, undefined]);
    signal.throwIfAborted();
    signal.abort('enough');
    signal.abort('again');
    expect([one.mock.calls.length, other.mock.calls.length]).toEqual([1, 1]);
    expect([signal.aborted, signal.reason]).toEqual([true, 'enough']);
    expect(() => signal.throwIfAborted()).toThrow('enough');
  });

  it('tells nobody who listens no more, nor who comes too late', () => {
    const cancellation = new Cancellation();
    const [gone, late] = [newListener(), newListener()];
    cancellation.addEventListener('abort', gone, { once: true });
    cancellation.removeEventListener('abort', gone);
    cancellation.removeEventListener('abort', gone);
    cancellation.abort();
    cancellation.addEventListener('abort', late, { once: true });
    expect([gone.mock.calls.length, late.mock.calls.length]).toEqual([0, 0]);
    expect(cancellation.reason).toMatchObject({ name: 'AbortError' });
  });

  it.each(['before', 'afterwards'])('follows its parent that is aborted %s', (when) => {
    const parent = new Cancellation();
    if (when === 'before') parent.abort('gone');
    const child = new Cancellation(parent);
    if (when === 'afterwards') parent.abort('gone');
    expect([child.aborted, child.reason]).toEqual([true, 'gone']);
    const other = new Cancellation(new Cancellation());
    other.abort('own');
    expect(other.reason).toBe('own');
  });

  it.each(['before', 'afterwards'])('is a real signal where one is asked for, aborted %s', (when) => {
    const cancellation = new Cancellation();
    if (when === 'before') cancellation.abort('gone');
    const signal = abortSignalOf(cancellation);
    if (when === 'afterwards') cancellation.abort('gone');
    expect([signal.aborted, signal.reason]).toEqual([true, 'gone']);
    expect(abortSignalOf(signal)).toBe(signal);
  });
});
