#!/usr/bin/env node
const args = process.argv.slice(2);

// Claude Code asks for its status line all the time: it gets one without anything else being loaded.
if (args.length === 1 && args[0] === 'statusline') {
  const { printStatusLine } = await import('./cli/status-line.ts');
  await printStatusLine();
} else {
  const { main } = await import('./cli/program.ts');
  process.exitCode = await main(args);
}
