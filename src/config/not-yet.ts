import { isSwitchedOff } from './switches.ts';

/** What a configuration may ask for and this version can't do; a line goes when its feature lands. */
const features: readonly { path: string; what: string }[] = [
  { path: 'performance.clustering', what: 'several processes' },
];

/** A line for each feature that the written configuration asks for and that is not available yet. */
export function notAvailableYet(written: unknown): string[] {
  return features
    .filter(({ path }) => valuesAt(written, path.split('.')).some((value) => asksFor(value, path, written)))
    .map(({ path, what }) => `not available yet: ${path} (${what})`);
}

function asksFor(value: unknown, path: string, written: unknown): boolean {
  if (value === undefined || value === null || value === false || value === 'off') return false;
  if (Array.isArray(value) && value.length === 0) return false;
  const block = path.split('.')[0]!;
  return !isSwitchedOff(value) && !isSwitchedOff(valuesAt(written, [block])[0]) && !routingSwitchesOff(block, written);
}

/** `routing.loadBalancing: false` and its like switch a block that says nothing itself. */
function routingSwitchesOff(block: string, written: unknown): boolean {
  if (block !== 'loadBalancing' && block !== 'costOptimization') return false;
  const [own] = valuesAt(written, [block, 'enabled']);
  return own === undefined && valuesAt(written, ['routing', block])[0] === false;
}

function valuesAt(value: unknown, path: readonly string[]): unknown[] {
  const [key, ...rest] = path;
  if (key === undefined) return [value];
  if (typeof value !== 'object' || value === null) return [];
  const next = key === '*' ? Object.values(value) : [(value as Record<string, unknown>)[key]];
  return next.flatMap((item) => valuesAt(item, rest));
}
