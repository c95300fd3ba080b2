import { afterAll, beforeAll, describe, it } from 'vitest';
import { removeFolders } from '../support/claude-code.ts';
import { sayMissing } from '../support/clients.ts';
import type { FormatName } from '../support/formats/format.ts';
import { answers } from './claude-code/answers.ts';
import { type Bed, claudeProgram, makeSdk, startBed } from './claude-code/bed.ts';
import { failures } from './claude-code/failures.ts';
import { library } from './claude-code/library.ts';
import type { Scenario } from './claude-code/scenario.ts';
import { tools } from './claude-code/tools.ts';
import { wire } from './claude-code/wire.ts';

const formats: FormatName[] = ['anthropic', 'openai', 'ollama', 'responses', 'gemini'];

if (!claudeProgram) sayMissing('Claude Code against the router');
if (!makeSdk) sayMissing('the @anthropic-ai/sdk library against the router');

describe.each(formats)('Claude Code through the router to an upstream that speaks %s', (format) => {
  let bed: Bed;
  beforeAll(async () => {
    bed = await startBed(format);
  });
  afterAll(async () => {
    await bed?.stop();
    removeFolders();
  });

  for (const [what, scenarios] of Object.entries({ answers, tools, failures, wire, library })) {
    describe.concurrent(what, () => {
      for (const { title, needs, run } of scenarios) it.skipIf(!isInstalled(needs))(title, () => run(bed));
    });
  }
});

function isInstalled(needs: Scenario['needs']): boolean {
  if (needs === 'client') return claudeProgram !== undefined;
  return needs === 'library' ? makeSdk !== undefined : true;
}
