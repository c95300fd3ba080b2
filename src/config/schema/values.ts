import { z } from 'zod';

const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const unitBytes: Record<string, number> = { '': 1, b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 };

/** A duration: a number in `unit`, or a string that says its own (`"30s"`, `"500ms"`, `"1h"`). Read as a number in `unit`. */
export function duration(unit: 'ms' | 's') {
  return z.union([z.number().min(0), z.string()]).transform((value, context) => {
    if (typeof value === 'number') return value;
    const milliseconds = durationMs(value);
    if (milliseconds === undefined) {
      context.addIssue({
        code: 'custom',
        message: 'a duration is a number, or a number with its unit: "500ms", "30s", "5m", "1h", "1d"',
      });
      return z.NEVER;
    }
    return milliseconds / unitMs[unit]!;
  });
}

/** Milliseconds of a text such as `500ms`, `30s`, `5m`, `1h`, `1d`; undefined where it is none. */
export function durationMs(text: string): number | undefined {
  const [, amount, name] = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)\s*$/.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * unitMs[name!]!;
}

/** A size in bytes: a number, or a string such as `"100MB"`. Read as bytes. */
export function size() {
  return z.union([z.number().int().min(0), z.string()]).transform((value, context) => {
    if (typeof value === 'number') return value;
    const [, amount, name] = /^\s*(\d+(?:\.\d+)?)\s*([kmg]?b?)\s*$/i.exec(value) ?? [];
    const factor =
      name === undefined
        ? undefined
        : unitBytes[name.length === 1 && !/b/i.test(name) ? `${name.toLowerCase()}b` : name.toLowerCase()];
    if (amount === undefined || factor === undefined) {
      context.addIssue({
        code: 'custom',
        message: 'a size is a number of bytes, or a number with its unit: "512KB", "100MB", "1GB"',
      });
      return z.NEVER;
    }
    return Math.round(Number(amount) * factor);
  });
}

/** One string, or several. Read as a list. */
export function oneOrMore(of = z.string().min(1)) {
  return z.union([of, z.array(of).min(1)]).transform((value) => (Array.isArray(value) ? value : [value]));
}

/** The name of a configured model, or one of the catalogue. */
export const modelName = z.string().min(1);

/** US dollars (or the budget's currency). */
export const money = z.number().min(0);
