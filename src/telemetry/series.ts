type Labels = Readonly<Record<string, string | number>>;

/** How the numbers of several processes become one. */
export type Aggregator = 'sum' | 'max' | 'min';

/** A metric and its values, in the JSON form of prom-client, which adds up and writes what processes give it. */
export interface MetricSnapshot {
  name: string;
  help: string;
  type: 'counter' | 'gauge' | 'histogram';
  aggregator: Aggregator;
  values: { value: number; labels: Labels; metricName?: string }[];
}

/** Numbers by their labels: a counter where it only grows, else a gauge. */
export class Series {
  readonly #about: Omit<MetricSnapshot, 'values'>;
  readonly #values = new Map<string, { value: number; labels: Labels }>();

  constructor(name: string, help: string, type: 'counter' | 'gauge', aggregator: Aggregator = 'sum') {
    this.#about = { name, help, type, aggregator };
  }

  add(labels: Labels, amount = 1): void {
    const known = this.#of(labels);
    known.value += amount;
  }

  set(labels: Labels, value: number): void {
    this.#of(labels).value = value;
  }

  snapshot(): MetricSnapshot {
    return { ...this.#about, values: [...this.#values.values()].map((entry) => ({ ...entry })) };
  }

  #of(labels: Labels): { value: number; labels: Labels } {
    return entryOf(this.#values, labels, () => ({ value: 0, labels }));
  }
}

interface Distribution {
  labels: Labels;
  /** One for each bucket, and the last for what is beyond them. */
  counts: number[];
  sum: number;
}

/** How often values fell into each bucket, by labels. */
export class HistogramSeries {
  readonly #name: string;
  readonly #help: string;
  readonly #bounds: readonly number[];
  readonly #values = new Map<string, Distribution>();

  constructor(name: string, help: string, bounds: readonly number[]) {
    this.#name = name;
    this.#help = help;
    this.#bounds = bounds;
  }

  observe(labels: Labels, value: number): void {
    const known = entryOf(this.#values, labels, () => ({
      ...{ labels, sum: 0 },
      counts: new Array<number>(this.#bounds.length + 1).fill(0),
    }));
    const bucket = this.#bounds.findIndex((bound) => value <= bound);
    known.counts[bucket === -1 ? this.#bounds.length : bucket]! += 1;
    known.sum += value;
  }

  snapshot(): MetricSnapshot {
    const values = [...this.#values.values()].flatMap((known) => this.#samplesOf(known));
    return { name: this.#name, help: this.#help, type: 'histogram', aggregator: 'sum', values };
  }

  #samplesOf({ labels, counts, sum }: Distribution): MetricSnapshot['values'] {
    let total = 0;
    const buckets = counts.map((count, index) => {
      total += count;
      const le = this.#bounds[index] ?? '+Inf';
      return { value: total, labels: { ...labels, le }, metricName: `${this.#name}_bucket` };
    });
    return [
      ...buckets,
      { value: sum, labels, metricName: `${this.#name}_sum` },
      { value: total, labels, metricName: `${this.#name}_count` },
    ];
  }
}

function entryOf<Entry>(entries: Map<string, Entry>, labels: Labels, make: () => Entry): Entry {
  const key = Object.values(labels).join('\n');
  let entry = entries.get(key);
  if (!entry) {
    entry = make();
    entries.set(key, entry);
  }
  return entry;
}
