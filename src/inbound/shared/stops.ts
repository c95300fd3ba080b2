import { Failure } from '../../call/failure.ts';
import { warn } from '../../dialects/shared/warnings.ts';

/** Stop sequences from a string or a list; what is only space is left out, since Anthropic refuses it. */
export function readStops(stop: unknown, warnings: string[]): { stop_sequences?: string[] } {
  if (stop === undefined || stop === null) return {};
  const all: unknown[] = Array.isArray(stop) ? stop : [stop];
  if (!all.every((sequence) => typeof sequence === 'string')) {
    throw new Failure('malformed-request', 'stop: a string or a list of strings is required');
  }
  const kept = all.filter((sequence) => sequence.trim() !== '');
  if (kept.length < all.length) warn(warnings, 'stop: sequences of space alone dropped');
  return kept.length > 0 ? { stop_sequences: kept } : {};
}
