import { expect } from 'vitest';
import type { ClaudeOutcome } from '../../support/claude-code.ts';
import type { Bed } from './bed.ts';
import { violationsOf } from './bed.ts';

/** One thing that must hold whatever the upstream speaks. */
export interface Scenario {
  title: string;
  /** What must be installed for it. */
  needs: 'client' | 'library' | 'nothing';
  run(bed: Bed): Promise<void>;
}

/** The client ended well with this answer, and the upstream was never asked in a way it refuses. */
export function expectAnswer(bed: Bed, marker: string, outcome: ClaudeOutcome, answer: string): void {
  expect(violationsOf(bed, marker)).toEqual([]);
  expect(bed.upstream.calls(marker).map((call) => call.format)).toContain(bed.format);
  const { exitCode, timedOut, isError, result } = outcome;
  expect({ exitCode, timedOut, isError, result }, outcome.printed.slice(-3000)).toEqual({
    exitCode: 0,
    timedOut: false,
    isError: false,
    result: answer,
  });
}
