import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Complexity, complexityOf, complexityPoints } from '../../src/routing/complexity.ts';
import { taskTypesOf } from '../../src/routing/task-type.ts';
import { wordsOf } from '../../src/routing/words.ts';

/** Prompts that others labelled, see the NOTICE beside them. A list of task types holds each that the label allows. */
const folder = join(import.meta.dirname, 'labelled');
const prompts = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .flatMap((name) => (JSON.parse(readFileSync(join(folder, name), 'utf8')) as { prompts: Labelled[] }).prompts);

interface Labelled {
  text: string;
  taskTypes?: string[];
  complexity?: Complexity;
}

/** A prompt and every answer that is right for it. */
interface Case {
  text: string;
  right: readonly string[];
}

const byTaskType = prompts.flatMap(({ text, taskTypes }): Case[] => (taskTypes ? [{ text, right: taskTypes }] : []));
const byComplexity = prompts.flatMap(({ text, complexity }): Case[] =>
  complexity ? [{ text, right: [complexity] }] : [],
);

/** Signs and weights were chosen with one half of the prompts in view; the other half is judged here. */
const isForTuning = ({ text }: Case) => createHash('sha256').update(text).digest()[0]! % 2 === 0;
const tuningHalf = (cases: Case[]) => cases.filter(isForTuning);
const heldOutHalf = (cases: Case[]) => cases.filter((each) => !isForTuning(each));

describe('of labelled prompts that were held out, the task type', () => {
  const [tuning, heldOut] = [tuningHalf(byTaskType), heldOutHalf(byTaskType)];
  const told = shareRight(heldOut, (text) => taskTypesOf(wordsOf(text))[0]!);

  it('is told right for three in four', () => expect(told).toBeGreaterThanOrEqual(0.75));

  it('is told more than twice as often as the most frequent type is right', () => {
    expect(told).toBeGreaterThan(2 * shareRight(heldOut, byLength(tuning, 1)));
  });

  it('is told more than twice as often as length tells it', () => {
    expect(told).toBeGreaterThan(2 * shareRight(heldOut, byLength(tuning)));
  });
});

describe('of labelled prompts that were held out, the complexity', () => {
  const [tuning, heldOut] = [tuningHalf(byComplexity), heldOutHalf(byComplexity)];
  const told = shareRight(heldOut, (text) => complexityOf(text, wordsOf(text)));

  it('is told more often than the most frequent level is right', () => {
    expect(told).toBeGreaterThan(shareRight(heldOut, byLength(tuning, 1)) + 0.15);
  });

  it('is told more often than length tells it', () => {
    expect(told).toBeGreaterThan(shareRight(heldOut, byLength(tuning)) + 0.05);
  });

  it('puts the harder of two prompts first, one in ten times more than length does', () => {
    const byPoints = shareInOrder(heldOut, (text) => complexityPoints(text, wordsOf(text)));
    expect(byPoints).toBeGreaterThan(0.82);
    expect(byPoints).toBeGreaterThan(shareInOrder(heldOut, (text) => text.length) + 0.1);
  });
});

function shareRight(cases: readonly Case[], tell: (text: string) => string): number {
  return cases.filter(({ text, right }) => right.includes(tell(text))).length / cases.length;
}

/**
 * The best predictor by length alone: prompts in up to so many classes of length, equally many in each, every class with its
 * most frequent label; as many classes as serve the tuning half best.
 */
function byLength(tuning: readonly Case[], most = 8): (text: string) => string {
  const lengths = tuning.map(({ text }) => text.length).sort((a, b) => a - b);
  const predictors = Array.from({ length: most }, (_, index) => {
    const limits = Array.from(
      { length: index },
      (_, at) => lengths[Math.floor(((at + 1) * lengths.length) / (index + 1))]!,
    );
    const classOf = (text: string) => limits.filter((limit) => text.length >= limit).length;
    const labels = Array.from({ length: index + 1 }, (_, at) =>
      mostFrequent(tuning.filter(({ text }) => classOf(text) === at)),
    );
    return (text: string) => labels[classOf(text)]!;
  });
  return predictors.reduce((best, next) => (shareRight(tuning, next) > shareRight(tuning, best) ? next : best));
}

function mostFrequent(cases: readonly Case[]): string {
  const counts = new Map<string, number>();
  for (const label of cases.flatMap(({ right }) => right)) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? '';
}

/** Of all pairs whose labels differ, the share where the harder prompt has the higher value; ties count half. */
function shareInOrder(cases: readonly Case[], value: (text: string) => number): number {
  const ranked = cases.map(({ text, right }) => ({
    rank: ['low', 'medium', 'high'].indexOf(right[0]!),
    value: value(text),
  }));
  const ordered = ranked.flatMap((one) =>
    ranked.filter(({ rank }) => rank < one.rank).map((other) => Math.sign(one.value - other.value) / 2 + 0.5),
  );
  return ordered.reduce((sum, each) => sum + each, 0) / ordered.length;
}
