import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Journal } from './journal.ts';
import { MemoryStore } from './memory.ts';

const folder = mkdtempSync(join(tmpdir(), 'journal-'));
let made = 0;
const newPath = () => join(folder, 'state', `accounts-${++made}`);
const now = 1_790_000_000_000;
const day = 86_400_000;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const share = (amount: number, keptMs = day) => ({ name: 'all', limit: 1000, amount, keptMs });

function storeAt(path: string, at = now): MemoryStore {
  return new MemoryStore(() => at, new Journal(path));
}

async function stateAt(path: string, at = now) {
  const looked = { id: 'look', windows: [], accounts: [{ ...share(0), look: true }], leaseMs: 1000 };
  const { spent, reserved } = (await storeAt(path, at).claim(looked)).accounts[0]!;
  return { spent, reserved };
}

const claim = (store: MemoryStore, id: string, amount: number, keptMs?: number) =>
  store.claim({ id, windows: [], accounts: [share(amount, keptMs)], leaseMs: 1000 });
const settle = (store: MemoryStore, id: string, amount: number) =>
  store.settle({ id, windows: [], accounts: [{ name: 'all', amount, keptMs: day }] });

it('gives the accounts to the next process, and what was under way as spent', async () => {
  const path = newPath();
  const store = storeAt(path);
  await claim(store, 'one', 100);
  await settle(store, 'one', 60);
  await claim(store, 'two', 30);
  await claim(store, 'two', 40);
  expect(await stateAt(path)).toEqual({ spent: 100, reserved: 0 });
  expect(await stateAt(path)).toEqual({ spent: 100, reserved: 0 });
});

it('is written for the user alone', async () => {
  const path = newPath();
  await claim(storeAt(path), 'one', 1);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it('forgets accounts whose time is over', async () => {
  const path = newPath();
  await claim(storeAt(path), 'one', 100, 5000);
  expect(await stateAt(path, now + 5000)).toEqual({ spent: 0, reserved: 0 });
});

it('reads what stands before and behind a line that was cut short', async () => {
  const path = newPath();
  const store = storeAt(path);
  await settle(store, 'one', 10);
  appendFileSync(path, '{"s":["two",[["all",\n');
  await settle(store, 'three', 5);
  expect(await stateAt(path)).toEqual({ spent: 15, reserved: 0 });
});

it('stays short while the process runs, and loses nothing of it', async () => {
  const path = newPath();
  const store = storeAt(path);
  await claim(store, 'long', 7);
  for (let index = 0; index < 6000; index += 1) await settle(store, `call-${index}`, 1);
  expect(readFileSync(path, 'utf8').split('\n').length).toBeLessThan(2000);
  await settle(store, 'long', 3);
  expect(await stateAt(path)).toEqual({ spent: 6003, reserved: 0 });
});
