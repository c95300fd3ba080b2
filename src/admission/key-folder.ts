import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keptKeySchema } from '../config/schema/security.ts';
import { hashKey } from './authenticate.ts';
import { joined, type KeptKey } from './kept-key.ts';

/** The keys that are kept in a folder, and what is wrong with files that hold none. */
export interface KeptKeys {
  keys: KeptKey[];
  problems: string[];
}

/** What a key may do; the rest is made. */
export type KeyGrant = Omit<KeptKey, 'keyHash' | 'createdAt' | 'revokedAt'>;

/** A new key under a name that no valid key has, kept as its hash; the key itself, or undefined where the name is taken. */
export function createKey(directory: string, grant: KeyGrant, now: number): string | undefined {
  const known = readKey(directory, grant.name);
  if (known && known.revokedAt === undefined) return undefined;
  const key = `ccr-${randomBytes(24).toString('base64url')}`;
  // Later than the one that it replaces, also where another machine's clock made that.
  const createdAt = new Date(known ? Math.max(now, Date.parse(known.createdAt) + 1) : now).toISOString();
  const kept = { ...grant, keyHash: hashKey(key).toString('hex'), createdAt };
  writeKey(directory, kept);
  return key;
}

/** The key is refused from now on; undefined where there is none of the name. One that was revoked before stays so. */
export function revokeKey(directory: string, name: string, now: number): KeptKey | undefined {
  const key = readKey(directory, name);
  if (!key || key.revokedAt !== undefined) return key;
  const revoked = { ...key, revokedAt: new Date(now).toISOString() };
  writeKey(directory, revoked);
  return revoked;
}

/** Every key of the folder, the oldest first. */
export function readKeys(directory: string): KeptKeys {
  const kept: KeptKeys = { keys: [], problems: [] };
  for (const name of fileNames(directory)) {
    const key = parseKey(join(directory, name));
    if (key) kept.keys.push(key);
    else kept.problems.push(`${join(directory, name)} holds no key that can be used`);
  }
  kept.keys.sort((one, other) => (one.createdAt < other.createdAt ? -1 : 1));
  return kept;
}

/** Follows the keys of a folder, of whichever process they are made and revoked. */
export class KeyFolder {
  readonly #directory: string;
  #onChange: ((kept: KeptKeys) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #kept: KeptKeys;
  #seen: string;
  /** What was adopted and could not be written, by name. */
  readonly #unwritten = new Map<string, KeptKey>();

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
    const stamp = stampOf(this.#directory);
    if (stamp === this.#seen) return;
    this.#seen = stamp;
    this.#read();
  }

  /** Takes in what other folders hold, and writes it down. What can't be written is known to this process alone. */
  adopt(keys: readonly KeptKey[]): void {
    let unwritten = false;
    for (const key of keys) {
      const own = this.#kept.keys.find(({ name }) => name === key.name);
      const together = own ? joined(own, key) : key;
      if (together === own) continue;
      try {
        writeKey(this.#directory, together);
        this.#unwritten.delete(key.name);
      } catch {
        this.#unwritten.set(key.name, together);
        unwritten = true;
      }
    }
    if (unwritten) this.#read();
    this.look();
  }

  #read(): void {
    const { keys, problems } = readKeys(this.#directory);
    const all = new Map(keys.map((key) => [key.name, key]));
    for (const [name, key] of this.#unwritten) {
      const written = all.get(name);
      all.set(name, written ? joined(written, key) : key);
    }
    if (this.#unwritten.size > 0) {
      problems.push(
        `keys of other routers can't be written to ${this.#directory}: they are forgotten at the next start`,
      );
    }
    this.#kept = { keys: [...all.values()], problems };
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
  const file = fileOf(directory, key.name);
  const temporary = `${file}.${process.pid}.new`;
  try {
    writeFileSync(temporary, `${JSON.stringify(key, undefined, 2)}\n`, { mode: 0o600 });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function readKey(directory: string, name: string): KeptKey | undefined {
  return parseKey(fileOf(directory, name));
}

function parseKey(file: string): KeptKey | undefined {
  try {
    return keptKeySchema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

function fileOf(directory: string, name: string): string {
  return join(directory, `${encodeURIComponent(name)}.json`);
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
