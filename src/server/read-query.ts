import { Failure } from '../call/failure.ts';
import { durationMs } from '../config/schema/values.ts';
import { type GroupKey, groupKeys, type TimeRange } from '../ledger/ledger.ts';

/** The values of a query, each of these names at most once. Throws Failure `malformed-request` for any other. */
export function readQuery<Name extends string>(query: string, names: readonly Name[]): Partial<Record<Name, string>> {
  const values: Partial<Record<Name, string>> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    const known = names.find((candidate) => candidate === name);
    if (known === undefined) throw wrong(name, `unknown; known are ${names.join(', ')}`);
    if (values[known] !== undefined) throw wrong(name, 'given twice');
    values[known] = value;
  }
  return values;
}

/** The time that `since` and `until` mean: the last day where they say nothing. Throws Failure `malformed-request`. */
export function readRange({ since, until }: { since?: string; until?: string }, now: number): TimeRange {
  // The end is excluded, and what began at this moment belongs to it.
  const range = {
    since: since === undefined ? now - usualRangeMs : readMoment('since', since, now),
    until: until === undefined ? now + 1 : readMoment('until', until, now),
  };
  if (range.since > range.until) throw wrong('since', 'later than until');
  return range;
}

/** Throws Failure `malformed-request`. */
export function readGroupKey(value: string | undefined): GroupKey | undefined {
  const known = groupKeys.find((key) => key === value);
  if (value !== undefined && known === undefined) throw wrong('groupBy', `expected one of ${groupKeys.join(', ')}`);
  return known;
}

/** A whole number between 1 and `most`. Throws Failure `malformed-request`. */
export function readCount(name: string, value: string | undefined, usual: number, most: number): number {
  if (value === undefined) return usual;
  const count = Number(value);
  if (/^\d+$/.test(value) && count >= 1 && count <= most) return count;
  throw wrong(name, `expected a whole number from 1 to ${most}`);
}

/** So long ago, or a date, or a date with its time: UTC where no zone is said. */
function readMoment(name: string, value: string, now: number): number {
  const ago = durationMs(value);
  if (ago !== undefined) return Math.max(0, now - ago);
  const [, date, time = 'T00:00:00', zone = 'Z'] = momentPattern.exec(value) ?? [];
  const moment = date === undefined ? Number.NaN : Date.parse(`${date}${time}${zone}`);
  if (!Number.isNaN(moment)) return moment;
  throw wrong(name, 'expected a time such as 24h, 7d, 2026-11-24 or 2026-11-24T13:00:00Z');
}

function wrong(name: string, why: string): Failure {
  return new Failure('malformed-request', `${name}: ${why}`);
}

const usualRangeMs = 86_400_000;
const momentPattern = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(Z|[+-]\d\d:\d\d)?$/;
