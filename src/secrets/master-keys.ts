import { createHash, randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ConfigError } from '../config/problems.ts';

/** What data keys are wrapped with. */
export interface MasterKey {
  /** 8 bytes that tell it from others and say nothing of it. */
  id: Buffer;
  /** 32 bytes. */
  key: Buffer;
}

export interface MasterKeyPlace {
  /** `ROUTER_MASTER_KEY`: one key, or several with commas between them, the newest first. */
  variable: string | undefined;
  /** The file that holds them where the variable is not set: one a line, the newest first. */
  file: string;
}

/** The master keys: the first one seals, the others still open what was sealed with them. Throws ConfigError. */
export class MasterKeys {
  readonly #place: MasterKeyPlace;
  #keys: MasterKey[] | undefined;

  constructor(place: MasterKeyPlace) {
    this.#place = place;
  }

  /** True where the keys are the environment's, and no file is looked at. */
  get areOfEnvironment(): boolean {
    return this.#place.variable !== undefined;
  }

  get file(): string {
    return this.#place.file;
  }

  /** The one that seals; undefined where there is none. */
  current(): MasterKey | undefined {
    return this.#known()[0];
  }

  /** The one with this id. Another process may have made one since: the file is then read again. */
  find(id: Buffer): MasterKey | undefined {
    const ofId = () => this.#known().find((key) => key.id.equals(id));
    const known = ofId();
    if (known || this.areOfEnvironment) return known;
    this.forget();
    return ofId();
  }

  /** The next question reads the file again. */
  forget(): void {
    this.#keys = undefined;
  }

  /** Makes the first key where there is none; true where it did. Of processes that do so at once, one makes it. */
  makeFirst(): boolean {
    if (this.current()) return false;
    const made = this.#write([randomBytes(32)], linkSync);
    this.forget();
    return made;
  }

  /** Puts a new key before those of the file. */
  makeNext(): void {
    const known = this.#read().map(({ key }) => key);
    this.#write([randomBytes(32), ...known], renameSync);
    this.forget();
  }

  #write(keys: readonly Buffer[], put: (from: string, to: string) => void): boolean {
    const { file } = this.#place;
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const temporary = `${file}.${process.pid}.new`;
    const lines = [...head, ...keys.map((key) => key.toString('base64'))];
    writeFileSync(temporary, `${lines.join('\n')}\n`, { mode: 0o600 });
    try {
      put(temporary, file);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      rmSync(temporary, { force: true });
    }
  }

  #known(): MasterKey[] {
    this.#keys ??= this.#read();
    return this.#keys;
  }

  #read(): MasterKey[] {
    const { variable, file } = this.#place;
    if (variable !== undefined) return keysIn(variable.split(','), 'environment', 'ROUTER_MASTER_KEY');
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.startsWith('#'));
    return keysIn(lines, file, '');
  }
}

const head = [
  '# The master keys of Claude Code Router, the newest first. Who loses them loses what is encrypted with them;',
  '# who has them can read it. An older one may go when `router secrets rotate` has been run and no copy needs it.',
];

function keysIn(texts: readonly string[], source: string, path: string): MasterKey[] {
  return texts.map((text) => {
    const key = keyOf(text.trim());
    if (key) return { id: createHash('sha256').update(idLabel).update(key).digest().subarray(0, 8), key };
    throw new ConfigError(source, [
      { path, message: 'a master key is 32 bytes, in base64 or in 64 hexadecimal digits: `openssl rand -base64 32`' },
    ]);
  });
}

const idLabel = 'claude-code-router master key';

function keyOf(text: string): Buffer | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  return /^[A-Za-z0-9+/_-]{43}=?$/.test(text) ? Buffer.from(text, 'base64') : undefined;
}
