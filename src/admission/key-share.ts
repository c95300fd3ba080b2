import { keptKeySchema } from '../config/schema/security.ts';
import type { Mark, Store } from '../stores/store.ts';
import type { KeptKey } from './kept-key.ts';
import type { KeyFolder } from './key-folder.ts';

const topic = 'keys';
/** With the time in which the folder is looked at, less than a second from the command to every process. */
const pollMs = 250;
/** How often all is compared, so that a shared state that lost its data gets it back. */
const wholeMs = 30_000;
const keptMs = 10 * 365 * 86_400_000;

/**
 * Keeps the keys of a folder the same as those of other processes with folders of their own. What is told are facts that never
 * change, by the key's hash: that it was made, and that it was revoked; in whatever order they are heard, every folder comes to hold
 * the same. Only hashes of keys are told.
 */
export class KeyShare {
  readonly #store: Store;
  readonly #folder: KeyFolder;
  readonly #told = new Set<string>();
  #version = 0;
  #wholeAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(store: Store, folder: KeyFolder) {
    this.#store = store;
    this.#folder = folder;
  }

  /** Goes on from now on. */
  follow(): void {
    this.#timer = setTimeout(() => {
      void this.meet()
        .catch(() => undefined)
        .finally(() => this.#timer && this.follow());
    }, pollMs).unref();
  }

  /** Hears what others told since the last time, and tells what they may not know. Rejects where the store does. */
  async meet(): Promise<void> {
    if (Date.now() - this.#wholeAt > wholeMs) {
      this.#wholeAt = Date.now();
      this.#version = 0;
      this.#told.clear();
    }
    const { version, marks } = await this.#store.marksSince(topic, this.#version);
    if (version < this.#version) this.#told.clear();
    this.#version = version;
    for (const { name } of marks) this.#told.add(name);
    this.#folder.look();
    this.#folder.adopt(keysOf(marks, this.#folder.kept.keys));
    const untold = this.#folder.kept.keys.flatMap(factsOf).filter(({ name }) => !this.#told.has(name));
    for (const fact of untold) {
      await this.#store.mark(topic, fact, keptMs);
      this.#told.add(fact.name);
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

function factsOf({ revokedAt, ...key }: KeptKey): Mark[] {
  const made = { name: `made:${key.keyHash}`, value: JSON.stringify(key) };
  return revokedAt === undefined ? [made] : [made, { name: `revoked:${key.keyHash}`, value: revokedAt }];
}

/** What the facts say of keys, as far as it is known which they are. */
function keysOf(facts: readonly Mark[], known: readonly KeptKey[]): KeptKey[] {
  const made = facts.filter(({ name }) => name.startsWith('made:')).flatMap(({ value }) => keyOf(value));
  const said = new Map(facts.map(({ name, value }) => [name, value]));
  const revoked = [...known, ...made].flatMap((key) => {
    const revokedAt = said.get(`revoked:${key.keyHash}`);
    return revokedAt === undefined ? [] : [{ ...key, revokedAt }];
  });
  return [...made, ...revoked];
}

function keyOf(text: string): KeptKey[] {
  try {
    const parsed = keptKeySchema.safeParse(JSON.parse(text));
    return parsed.success ? [parsed.data] : [];
  } catch {
    return [];
  }
}
