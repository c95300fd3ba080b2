import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import type { Call } from '../call/call.ts';
import type { Explanation } from '../call/explanation.ts';
import { type Decision, decide } from './decide.ts';
import { explain } from './explain.ts';
import type { Facts } from './facts.ts';
import { LiveState } from './live-state.ts';
import type { RoutingTable } from './table.ts';

const names = z.union([z.string(), z.array(z.string())]).transform((value) => (Array.isArray(value) ? value : [value]));

const expectation = z.strictObject({
  /** The model that is tried first; several where any of them will do. */
  model: names.optional(),
  provider: z.string().optional(),
  /** The rule or step that decides. */
  rule: z.string().optional(),
  /** The models behind the first, in order: all of them. */
  fallbacks: z.array(z.string()).optional(),
  /** The estimated price in US dollars is known, and not above this. */
  maxCostUsd: z.number().min(0).optional(),
});

const testCase = z
  .strictObject({
    name: z.string().min(1),
    /** What a person types; or `request`, a whole Messages body. */
    text: z.string().optional(),
    request: z.record(z.string(), z.unknown()).optional(),
    headers: z.record(z.string(), z.string()).prefault({}),
    /** The name of the caller's key. */
    key: z.string().optional(),
    /** Local time of the call. */
    at: z.string().optional(),
    /** Models that take no calls. */
    down: names.optional(),
    expect: expectation,
  })
  .refine((written) => (written.text === undefined) !== (written.request === undefined), {
    message: 'either text or request is needed',
  })
  .refine(({ at }) => at === undefined || !Number.isNaN(Date.parse(at)), { message: 'at is no time', path: ['at'] });

const listOfTests = z.array(testCase);
const fileOfTests = z.strictObject({ cases: listOfTests }).transform(({ cases }) => cases);

/** A request, and where it should go. */
export type RoutingTest = z.output<typeof testCase>;

/** Reads the cases of a file of routing tests (YAML or JSON). Throws an Error that says what is wrong with it. */
export function readRoutingTests(text: string): RoutingTest[] {
  const written: unknown = parseYaml(text, { maxAliasCount: 50 });
  const read = (Array.isArray(written) ? listOfTests : fileOfTests).safeParse(written);
  if (!read.success) throw new Error(z.prettifyError(read.error));
  return read.data;
}

/** What running a test needs of the router. */
export interface RoutingTestBed {
  table: RoutingTable;
  /** Milliseconds since the epoch, for tests that say no time. */
  now: number;
  /** The call that a body and headers make. Throws Failure. */
  makeCall(request: unknown, headers: Record<string, string>, key: string | undefined): Call;
  factsOf(call: Call): Promise<Facts>;
}

export interface Difference {
  field: string;
  expected: string;
  actual: string;
}

export interface RoutingTestResult {
  name: string;
  passed: boolean;
  differences: Difference[];
  explanation: Explanation;
}

/** Decides the case's request as the router would, and tells where that departs from what is expected. */
export async function runRoutingTest(test: RoutingTest, bed: RoutingTestBed): Promise<RoutingTestResult> {
  const down = new Set(test.down ?? []);
  const state = new LiveState({
    blocked: (target) => {
      const isDown = [target.name, ...target.aliases].some((name) => down.has(name));
      return isDown ? { reason: 'down in this test', soft: false } : undefined;
    },
  });
  const request = test.request ?? typed(test.text ?? '');
  const headers = Object.fromEntries(Object.entries(test.headers).map(([name, value]) => [name.toLowerCase(), value]));
  const facts = await bed.factsOf(bed.makeCall(request, headers, test.key));
  const now = test.at === undefined ? bed.now : Date.parse(test.at);
  const decision = decide(facts, bed.table, state, now);
  const explanation = explain(decision, facts, bed.table, state, { showText: true });
  const differences = differencesOf(test.expect, decision, explanation);
  return { name: test.name, passed: differences.length === 0, differences, explanation };
}

/** A result in lines for a person: what was expected, what came, and what decided. */
export function resultLines({ name, passed, differences, explanation }: RoutingTestResult): string[] {
  if (passed) return [`ok    ${name}`];
  const { rule, reason, candidates, steps } = explanation;
  const lines = [`FAIL  ${name}`];
  for (const { field, expected, actual } of differences) {
    lines.push(`        - ${field}: ${expected}`, `        + ${field}: ${actual}`);
  }
  lines.push(`      decided by ${rule}: ${reason}`);
  for (const { step, name: own, matched, why } of steps) {
    if (!matched && !why.startsWith('not asked')) lines.push(`      not ${step}${own ? ` ${own}` : ''}: ${why}`);
  }
  for (const { model, refused } of candidates) if (refused) lines.push(`      set aside ${model}: ${refused}`);
  return lines;
}

function typed(text: string): unknown {
  return { model: 'claude-opus-5-5', max_tokens: 4096, messages: [{ role: 'user', content: text }] };
}

function differencesOf(expected: RoutingTest['expect'], decision: Decision, explanation: Explanation): Difference[] {
  const { winner } = explanation;
  const differences: Difference[] = [];
  const compare = (field: string, wanted: string | undefined, actual: string) => {
    if (wanted !== undefined && wanted !== actual) differences.push({ field, expected: wanted, actual });
  };
  const [first, ...others] = decision.targets;
  const answersTo = first ? [first.name, ...first.aliases] : [];
  if (expected.model && !expected.model.some((name) => answersTo.includes(name))) {
    differences.push({ field: 'model', expected: expected.model.join(' or '), actual: winner?.model ?? 'none' });
  }
  compare('provider', expected.provider, winner?.provider ?? 'none');
  compare('rule', expected.rule, explanation.rule);
  compare('fallbacks', expected.fallbacks?.join(', '), others.map(({ name }) => name).join(', '));
  if (expected.maxCostUsd !== undefined) {
    const price = explanation.candidates[0]?.priceUsd ?? null;
    if (price === null || price > expected.maxCostUsd) {
      const actual = price === null ? 'not known' : `${price} USD`;
      differences.push({ field: 'maxCostUsd', expected: `at most ${expected.maxCostUsd} USD`, actual });
    }
  }
  return differences;
}
