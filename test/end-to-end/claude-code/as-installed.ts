import { afterAll, beforeAll, describe, it } from 'vitest';
import { removeFolders } from '../../support/claude-code.ts';
import { sayMissing } from '../../support/clients.ts';
import type { FormatName } from '../../support/formats/format.ts';
import type { Router } from '../../support/router.ts';
import { answers } from './answers.ts';
import { type Bed, claudeProgram, startBed } from './bed.ts';
import { tools } from './tools.ts';

const formats: FormatName[] = ['anthropic', 'openai'];
/** A plain question, and work with tools. */
const scenarios = [answers[0]!, tools[0]!];

/** The real client through the router in the form that somebody got it; `start` runs that with a configuration. */
export function describeWithClaudeCode(start: (config: unknown) => Promise<Router>): void {
  if (!claudeProgram) sayMissing('Claude Code against the router as it is installed');
  describe.runIf(claudeProgram).each(formats)('serves Claude Code from an upstream that speaks %s', (format) => {
    let bed: Bed;
    beforeAll(async () => {
      bed = await startBed(format, start);
    }, 60_000);
    afterAll(async () => {
      await bed?.stop();
      removeFolders();
    });

    for (const { title, run } of scenarios) it(title, () => run(bed));
  });
}
