import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keptKeySchema } from '../config/schema/security.ts';
import { hashKey } from './authenticate.ts';
import { type KeptKey, together } from './kept-key.ts';

/** The keys that are kept in a folder, and what is wrong with files that hold none. */
export interface KeptKeys {
  keys: KeptKey[];
  problems: string[];
}

/** What a key may do; the rest is made. */
export type KeyGrant = Omit<KeptKey, 'keyHash' | 'createdAt' | 'revokedAt'>;

/** A new key under a name that no valid key has, kept as its hash; the key itself, or undefined where the name is taken. */
export function createKey(directory: string, grant: KeyGrant, now: number): string | undefined {
  if (keysNamed(directory, grant.name).some(({ revokedAt }) => revokedAt === undefined)) return undefined;
  const key = `ccr-${randomBytes(24).toString('base64url')}`;
  const kept = { ...grant, keyHash: hashKey(key).toString('hex'), createdAt: new Date(now).toISOString() };
  writeKey(directory, kept);
  return key;
}

/**
 * Keys of the name are refused from now on: the latest of them, or undefined where there is none. One that was revoked before stays
 * so.
 */
export function revokeKey(directory: string, name: string, now: number): KeptKey | undefined {
  const revokedAt = new Date(now).toISOString();
  const revoked = keysNamed(directory, name).map((key) => (key.revokedAt === undefined ? { ...key, revokedAt } : key));
  for (const key of revoked) writeKey(directory, key);
  return revoked.at(-1);
}

/** Every key of the folder, the oldest first. */
export function readKeys(directory: string): KeptKeys {
  const found: KeptKey[] = [];
  const problems: string[] = [];
  for (const name of fileNames(directory)) {
    const key = parseKey(join(directory, name));
    if (key) found.push(key);
    else problems.push(`${join(directory, name)} holds no key that can be used`);
  }
  return { keys: inOrder(together(found)), problems };
}

function inOrder(keys: KeptKey[]): KeptKey[] {
  return keys.sort((one, other) => (one.createdAt < other.createdAt ? -1 : 1));
}

function keysNamed(directory: string, name: string): KeptKey[] {
  return readKeys(directory).keys.filter((key) => key.name === name);
}

/** Follows the keys of a folder, of whichever process they are made and revoked. */
export class KeyFolder {
  readonly #directory: string;
  #onChange: ((kept: KeptKeys) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #kept: KeptKeys;
  #seen: string;
  /** What was adopted and could not be written. */
  readonly #unwritten: KeptKey[] = [];

  constructor(directory: string) {
    this.#directory = directory;
    this.#seen = stampOf(directory);
    this.#kept = readKeys(directory);
  }

  /** Tells of every change from now on. */
  follow(onChange: (kept: KeptKeys) => void): void {
    this.#onChange = onChange;
    // Asked for, not watched: that works on every file system, and a key must be gone within a second.
    this.#timer = setInterval(() => this.look(), lookEveryMs).unref();
  }

  get kept(): KeptKeys {
    return this.#kept;
  }

  /** Reads the keys again where something has changed. */
  look(): void {
    if (stampOf(this.#directory) !== this.#seen) this.#read();
  }

  /** Takes in what other folders hold, and writes it down. What can't be written is known to this process alone. */
  adopt(keys: readonly KeptKey[]): void {
    const known = new Map(this.#kept.keys.map((key) => [key.keyHash, key]));
    const news = together(this.#kept.keys, keys).filter((key) => known.get(key.keyHash) !== key);
    for (const key of news) {
      try {
        writeKey(this.#directory, key);
      } catch {
        this.#unwritten.push(key);
      }
    }
    if (news.length > 0) this.#read();
  }

  #read(): void {
    this.#seen = stampOf(this.#directory);
    const { keys, problems } = readKeys(this.#directory);
    if (this.#unwritten.length > 0) {
      problems.push(
        `keys of other routers can't be written to ${this.#directory}: they are forgotten at the next start`,
      );
    }
    this.#kept = { keys: inOrder(together(keys, this.#unwritten)), problems };
    this.#onChange?.(this.#kept);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

const lookEveryMs = 250;

/** One file a key, so that two commands at once lose nothing. */
function writeKey(directory: string, key: KeptKey): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = fileOf(directory, key);
  const temporary = `${file}.${process.pid}.new`;
  try {
    writeFileSync(temporary, `${JSON.stringify(key, undefined, 2)}\n`, { mode: 0o600 });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function parseKey(file: string): KeptKey | undefined {
  try {
    const key = keptKeySchema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data;
    return key && { ...key, keyHash: key.keyHash.replace(/^sha256:/i, '').toLowerCase() };
  } catch {
    return undefined;
  }
}

/** The name's file; another one where that holds an earlier key of the name, which stays known. */
function fileOf(directory: string, { name, keyHash }: KeptKey): string {
  const first = join(directory, `${encodeURIComponent(name)}.json`);
  const holder = parseKey(first);
  if (!holder || holder.keyHash === keyHash) return first;
  return join(directory, `${encodeURIComponent(name)}.${keyHash.slice(0, 16)}.json`);
}

function fileNames(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
}

/** Differs after every change: a file is always put in place by renaming, which its number and its folder's time tell. */
function stampOf(directory: string): string {
  try {
    const files = fileNames(directory).map((name) => {
      const { ino, mtimeMs, size } = statSync(join(directory, name));
      return `${name} ${ino} ${mtimeMs} ${size}`;
    });
    return files.join('\n');
  } catch {
    return 'unreadable';
  }
}
