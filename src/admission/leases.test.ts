import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { MemoryStore } from '../stores/memory.ts';
import { Leases, leaseMs } from './leases.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_790_000_000_000 });
});

afterEach(() => {
  vi.useRealTimers();
});

const share = { name: 'all', limit: 100, amount: 40, keptMs: 86_400_000 };

it('what a call has set aside stays so while it lasts, and counts as spent when nobody keeps it any more', async () => {
  const store = new MemoryStore(Date.now);
  const leases = new Leases(store);
  const state = async () => {
    const looked = await store.claim({ id: 'look', windows: [], accounts: [{ ...share, look: true }], leaseMs });
    return looked.accounts[0];
  };
  await store.claim({ id: 'call', windows: [], accounts: [share], leaseMs });
  leases.keep({ id: 'call', accounts: [share] });
  for (let round = 0; round < 10; round += 1) {
    await vi.advanceTimersByTimeAsync(leaseMs * 0.9);
    expect(await state()).toMatchObject({ spent: 0, reserved: 40 });
  }
  leases.end('call');
  await vi.advanceTimersByTimeAsync(2 * leaseMs);
  expect(await state()).toMatchObject({ spent: 40, reserved: 0 });
  expect(vi.getTimerCount()).toBe(0);
});
