import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryStore } from '../stores/memory.ts';
import { Authenticator, hashKey, type RouterKey } from './authenticate.ts';
import { createKey, KeyFolder, readKeys, revokeKey } from './key-folder.ts';
import { KeyShare } from './key-share.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'router-keys-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const directory = () => join(root, 'keys');
const create = (name: string) => createKey(directory(), { name, permissions: ['read'] }, Date.UTC(2026, 10, 24));

describe('keys that are made', () => {
  it('are kept as their hash, in files of their user’s alone', () => {
    const key = create('ci');
    expect(key).toMatch(/^ccr-[\w-]{32}$/);
    const [file] = readdirSync(directory());
    const path = join(directory(), file!);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(directory()).mode & 0o777).toBe(0o700);
    expect(readFileSync(path, 'utf8')).not.toContain(key!.slice(4));
    expect(readKeys(directory()).keys).toEqual([
      {
        name: 'ci',
        permissions: ['read'],
        keyHash: hashKey(key!).toString('hex'),
        createdAt: '2026-11-24T00:00:00.000Z',
      },
    ]);
  });

  it('have names of their own, which a revoked one leaves free', () => {
    const first = create('ci');
    expect(create('ci')).toBeUndefined();
    revokeKey(directory(), 'ci', Date.now());
    expect(create('ci')).not.toBe(first);
    const states = readKeys(directory()).keys.map(({ keyHash, revokedAt }) => [keyHash, revokedAt !== undefined]);
    expect(states).toContainEqual([hashKey(first!).toString('hex'), true]);
    expect(states).toHaveLength(2);
    expect(create('ci')).toBeUndefined();
  });

  it('stay known when they are revoked, since when is not changed again', () => {
    create('ci');
    expect(revokeKey(directory(), 'ci', Date.UTC(2027, 0, 1))?.revokedAt).toBe('2027-01-01T00:00:00.000Z');
    expect(revokeKey(directory(), 'ci', Date.UTC(2028, 0, 1))?.revokedAt).toBe('2027-01-01T00:00:00.000Z');
    expect(revokeKey(directory(), 'other', Date.now())).toBeUndefined();
  });

  it.each(['../escape', '..', 'a/b', 'ü b', 'CON'])('may be called %s, and stay in their folder', (name) => {
    create(name);
    expect(readKeys(directory()).keys.map((key) => key.name)).toEqual([name]);
    expect(readdirSync(root)).toEqual(['keys']);
  });

  it('are told where a file holds none, and are not taken from it', () => {
    create('ci');
    writeFileSync(join(directory(), 'broken.json'), '{"name": "x", "permissions": ["admin"]}');
    const { keys, problems } = readKeys(directory());
    expect(keys.map(({ name }) => name)).toEqual(['ci']);
    expect(problems).toEqual([expect.stringContaining('broken.json')]);
  });

  it('are followed from the moment that they are made and revoked by another process', () => {
    const told: string[] = [];
    const folder = new KeyFolder(directory());
    folder.follow(({ keys }) => told.push(keys.map((key) => `${key.name} ${key.revokedAt === undefined}`).join()));
    try {
      folder.look();
      create('a');
      folder.look();
      folder.look();
      revokeKey(directory(), 'a', Date.now());
      folder.look();
      rmSync(directory(), { recursive: true });
      folder.look();
      expect(told).toEqual(['a true', 'a false', '']);
    } finally {
      folder.close();
    }
  });
});

describe('a caller', () => {
  const key = (text: string, more: Partial<RouterKey> = {}): RouterKey => {
    return { name: text, hash: hashKey(text), permissions: ['read'], ...more };
  };
  const admit = (keys: RouterKey[], headers: Record<string, string>, now = 1000) =>
    new Authenticator(keys).admit(headers, ['read'], now);

  it('may show the key in either header, or one of two', () => {
    const keys = [key('one')];
    expect(admit(keys, { 'x-api-key': 'one' }).name).toBe('one');
    expect(admit(keys, { authorization: 'bearer one' }).name).toBe('one');
    expect(admit(keys, { authorization: 'Bearer one', 'x-api-key': 'of-a-provider' }).name).toBe('one');
  });

  it('keeps a key up to the moment that it expires', () => {
    const keys = [key('one', { expiresAt: 1000 })];
    expect(admit(keys, { 'x-api-key': 'one' }, 999).name).toBe('one');
    expect(() => admit(keys, { 'x-api-key': 'one' }, 1000)).toThrow('the key one has expired');
  });

  it('has what its key grants', () => {
    const grant = { models: ['m'], rateLimit: { requests: 3, windowMs: 1000 }, budget: { daily: 5 } };
    expect(admit([key('one', grant)], { 'x-api-key': 'one' })).toMatchObject(grant);
  });

  it('is nobody where there is no key at all', () => {
    expect(() => admit([], { 'x-api-key': 'any' })).toThrow('does not know this key');
  });

  it.each(['one', 'two', 'three', 'wrong'])('is looked for among all keys, wherever it stands: %s', (presented) => {
    const looked: string[] = [];
    const keys = ['one', 'two', 'three'].map((text) => ({
      ...key(text),
      get hash() {
        looked.push(text);
        return hashKey(text);
      },
    }));
    try {
      admit(keys, { 'x-api-key': presented });
    } catch {
      expect(presented).toBe('wrong');
    }
    expect(looked).toEqual(['one', 'two', 'three']);
  });
});

describe('keys of folders that share a store', () => {
  const share = (store: MemoryStore, name: string) => {
    const folder = new KeyFolder(join(root, name));
    return { directory: join(root, name), folder, shared: new KeyShare(store, folder) };
  };
  const stateOf = ({ folder }: { folder: KeyFolder }) =>
    Object.fromEntries(folder.kept.keys.map(({ keyHash, revokedAt }) => [keyHash, revokedAt !== undefined]));

  it('are the same everywhere in the end, whatever is made and revoked where, and in whatever order it is heard', async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const random = randomOf(seed);
      const store = new MemoryStore(() => Date.now());
      const folders = ['a', 'b', 'c'].map((name) => share(store, `${seed}-${name}`));
      const secrets: string[] = [];
      for (let step = 0; step < 40; step += 1) {
        const { directory: at, shared } = folders[random(3)]!;
        const name = `key-${random(4)}`;
        const what = random(3);
        // Clocks of machines differ.
        if (what === 0) secrets.push(createKey(at, { name, permissions: ['read'] }, 1e12 + random(1000)) ?? '');
        else if (what === 1) revokeKey(at, name, 1e12 + random(1000));
        else await shared.meet();
      }
      for (const { shared } of [...folders, ...folders]) await shared.meet();
      const [first, ...others] = folders.map(stateOf);
      expect(Object.keys(first!).length).toBeGreaterThan(0);
      for (const other of others) expect(other).toEqual(first);
      const told = JSON.stringify((await store.marksSince('keys', 0)).marks);
      for (const secret of secrets.filter((made) => made !== '')) expect(told).not.toContain(secret.slice(4));
    }
  });

  it('may have one name, made at two places at once: both are taken, and revoked together', async () => {
    const store = new MemoryStore(() => Date.now());
    const [one, other] = [share(store, 'one'), share(store, 'other')];
    for (const { directory: at } of [one, other]) createKey(at, { name: 'ci', permissions: ['read'] }, 1e12);
    for (const { shared } of [one, other, one]) await shared.meet();
    expect(Object.values(stateOf(one))).toEqual([false, false]);
    expect(stateOf(other)).toEqual(stateOf(one));
    revokeKey(one.directory, 'ci', 2e12);
    for (const { shared } of [one, other]) await shared.meet();
    expect(Object.values(stateOf(other))).toEqual([true, true]);
  });

  it('are told again to a store that lost them', async () => {
    const stores = [new MemoryStore(() => Date.now()), new MemoryStore(() => Date.now())];
    let present = stores[0]!;
    const store = new Proxy({} as MemoryStore, {
      get: (_, name: keyof MemoryStore) => (present[name] as () => unknown).bind(present),
    });
    const [one, other] = [share(store, 'one'), share(store, 'other')];
    createKey(one.directory, { name: 'ci', permissions: ['read'] }, 1e12);
    for (let round = 0; round < 2; round += 1) await one.shared.meet();
    present = stores[1]!;
    await one.shared.meet();
    await other.shared.meet();
    expect(stateOf(other)).toEqual(stateOf(one));
  });

  it('are known until the next start where they can’t be written', async () => {
    const store = new MemoryStore(() => Date.now());
    const one = share(store, 'one');
    writeFileSync(join(root, 'no-folder'), '');
    const other = share(store, 'no-folder/keys');
    createKey(one.directory, { name: 'ci', permissions: ['read'] }, 1e12);
    await one.shared.meet();
    await other.shared.meet();
    expect(stateOf(other)).toEqual(stateOf(one));
    expect(other.folder.kept.problems).toEqual([expect.stringContaining("can't be written")]);
    revokeKey(one.directory, 'ci', 2e12);
    await one.shared.meet();
    await other.shared.meet();
    expect(stateOf(other)).toEqual(stateOf(one));
  });
});

/** Whole numbers below a bound, the same for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
