#!/usr/bin/env node
import { workerArgument } from './daemon/cluster/worker-argument.ts';

const args = process.argv.slice(2);

// Claude Code asks for its status line all the time: it gets one without anything else being loaded.
if (args.length === 1 && args[0] === 'statusline') {
  const { printStatusLine } = await import('./cli/status-line.ts');
  await printStatusLine();
} else if (args.length === 1 && args[0] === workerArgument && process.send) {
  const { serveAsWorker } = await import('./daemon/cluster/worker.ts');
  serveAsWorker();
} else {
  const { main } = await import('./cli/program.ts');
  process.exitCode = await main(args);
}
