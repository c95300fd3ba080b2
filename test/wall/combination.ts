import { Admission } from '../../src/admission/admit.ts';
import { budgetPolicyOf } from '../../src/admission/budget.ts';
import { Leases } from '../../src/admission/leases.ts';
import { rateLimitsOf } from '../../src/admission/rate-limit.ts';
import { openSeal } from '../../src/cache/kept-reply.ts';
import { ReplyCache } from '../../src/cache/reply-cache.ts';
import type { CallRecord } from '../../src/call/record.ts';
import { type Config, configSchema, defaultConfig } from '../../src/config/schema.ts';
import type { GatewayParts } from '../../src/gateway/parts.ts';
import { Extension } from '../../src/plugins/extension.ts';
import { Extensions } from '../../src/plugins/extensions.ts';
import { loadExtensions } from '../../src/plugins/load-extensions.ts';
import type { StreamEvent } from '../../src/protocol/stream-event.ts';
import { MemoryStore } from '../../src/stores/memory.ts';
import { MemoryCache } from '../../src/stores/memory-cache.ts';

/** What is switched on beside the way of a call, in its place in a combination’s number and name. */
export const features = ['fallback', 'limits', 'cache', 'bodies', 'plugins'] as const;

/** A number of five bits, one for each feature. */
export type Combination = number;

export const combinations = 2 ** features.length;

export function has(combination: Combination, feature: (typeof features)[number]): boolean {
  return ((combination >> features.indexOf(feature)) & 1) === 1;
}

/** The initial of each feature that is on, else a dash. */
export function nameOf(combination: Combination): string {
  return features.map((feature) => (has(combination, feature) ? feature.charAt(0) : '-')).join('');
}

/** What a client got of a call: its events, and the record of it. */
interface Told {
  events: readonly StreamEvent[];
  records: readonly CallRecord[];
  refused: boolean;
}

/** The features of one call: the parts that do them, and what is wrong with what they did. */
export interface Features {
  parts: Pick<GatewayParts, 'admission'> & Partial<GatewayParts>;
  wrong(told: Told): Promise<string[]>;
}

const plain = defaultConfig();
const limited = configSchema.parse({
  rateLimit: { enabled: true, global: { requests: 1_000_000, tokens: 1_000_000_000, window: 60 } },
  costOptimization: { enabled: true, budget: { daily: 1_000_000 } },
});
const price = { input: 1, output: 1 };

/** Calls share what is counted, and the plugin; what is kept is each call’s own. */
export async function featuresOf(combination: Combination): Promise<Features> {
  const { admission, leases } = has(combination, 'limits') ? within : free;
  const store = new CountingCache(2 ** 24);
  const watched = has(combination, 'plugins') ? await extensions() : undefined;
  const seenBefore = seen;
  const settings = { store, ttlMs: 1000, rules: [], compression: false, seal: openSeal, now: Date.now };
  const replies = new ReplyCache({ ...settings, report: () => undefined });
  return {
    parts: {
      admission,
      ...(has(combination, 'cache') ? { cache: { replies, scope: 'key', salt: '' } } : {}),
      ...(watched ? { extensions: watched } : {}),
      recordBodies: has(combination, 'bodies'),
    },
    async wrong({ events, records: [record], refused }) {
      const wrong: string[] = [];
      const last = events.at(-1)?.type;
      const { daily } = await admission.budgets();
      if (daily && daily.reserved !== 0) wrong.push('money is left set aside');
      leases.close();
      await replies.written();
      if (store.kept > 0 && (last !== 'message_stop' || record?.attempts.length !== 1)) {
        wrong.push('an answer was kept that is not the whole answer of its target');
      }
      const reply = Buffer.concat(events.map((event) => event.bytes));
      if (record?.bodies && !refused && !record.bodies.reply.equals(reply)) {
        wrong.push('what was recorded is not what the client got');
      }
      if (watched && seen - seenBefore !== events.length) wrong.push('the plugin did not see each event once');
      return wrong;
    },
  };
}

class CountingCache extends MemoryCache {
  kept = 0;

  override set(key: string, bytes: Buffer, ttlMs: number): Promise<void> {
    this.kept += 1;
    return super.set(key, bytes, ttlMs);
  }
}

function admissionOf(settings: Config): { admission: Admission; leases: Leases } {
  const store = new MemoryStore(Date.now);
  const leases = new Leases(store);
  const admission = new Admission({
    ...{ limits: rateLimitsOf(settings), policy: budgetPolicyOf(settings), store, leases },
    ...{ priceOf: () => price, now: Date.now, warn: () => undefined },
  });
  return { admission, leases };
}

const within = admissionOf(limited);
const free = admissionOf(plain);

/** Events that the plugin saw. */
let seen = 0;

class Watching {
  onRequest(): void {}

  onStreamEvent(): void {
    seen += 1;
  }
}

let loading: Promise<Extensions> | undefined;

function extensions(): Promise<Extensions> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Extensions> {
  const sources = { plugins: ['watching'], transformers: undefined, directory: '' };
  const loaded = await loadExtensions({ ...sources, given: new Map([['watching', Watching]]) });
  const report = () => undefined;
  const made = loaded.extensions.map((settings) => new Extension(settings, report));
  return new Extensions({ extensions: made, costMicroUsd: () => null, report });
}
