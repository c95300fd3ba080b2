import type { Mark } from './store.ts';

interface Kept extends Mark {
  version: number;
  until: number;
}

/** Marks by topic, each with the version at which it was set last. */
export class MemoryMarks {
  readonly #topics = new Map<string, { version: number; marks: Map<string, Kept> }>();

  set(topic: string, { name, value }: Mark, until: number): void {
    const known = this.#topics.get(topic) ?? { version: 0, marks: new Map<string, Kept>() };
    known.version += 1;
    known.marks.set(name, { name, value, until, version: known.version });
    this.#topics.set(topic, known);
  }

  /** A version that is not known yet comes from before this store began: then all is told. */
  since(topic: string, version: number, now: number): { version: number; marks: Mark[] } {
    const known = this.#topics.get(topic);
    if (!known) return { version: 0, marks: [] };
    for (const [name, { until }] of known.marks) if (until <= now) known.marks.delete(name);
    const from = version > known.version ? 0 : version;
    const marks = [...known.marks.values()].filter((mark) => mark.version > from);
    return { version: known.version, marks: marks.map(({ name, value }) => ({ name, value })) };
  }
}
