import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { Failure } from '../call/failure.ts';
import type { Assembly } from '../daemon/assemble.ts';
import { factsOf } from '../gateway/route-call.ts';
import {
  type RoutingTest,
  type RoutingTestResult,
  readRoutingTests,
  resultLines,
  runRoutingTest,
} from '../routing/test-file.ts';
import type { CommandContext } from './command.ts';
import { CliFailure, exitCodes } from './exit.ts';
import { callFor, offlineRouting } from './offline-routing.ts';

interface TestOptions {
  config?: string;
  json?: boolean;
}

const example = `
A file of cases:
  - name: code goes to gpt-4
    text: implement a parser in parser.py
    expect: { model: gpt-4, rule: code_generation, maxCostUsd: 0.5 }
  - name: and to claude while gpt-4 is down
    text: implement a parser in parser.py
    down: [gpt-4]
    expect: { model: claude-3-sonnet }

Example:
  router test routes/*.yaml`;

export function define(command: Command, context: CommandContext): void {
  command
    .argument('<files...>', 'files of routing tests, YAML or JSON')
    .option('-c, --config <file>', 'the configuration to test')
    .option('--json', 'print it as JSON')
    .addHelpText('after', `${example}\n\nNothing is sent. Exits with 1 where a case fails.`)
    .action((files: string[], options: TestOptions) => test(files, options, context));
}

async function test(files: string[], options: TestOptions, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const cases = files.map((file) => ({ file, tests: readFile(file) }));
  const assembly = await offlineRouting(options.config, context);
  const results: (RoutingTestResult & { file: string })[] = [];
  try {
    for (const { file, tests } of cases) {
      for (const each of tests) results.push({ file, ...(await runOne(file, each, assembly)) });
    }
  } finally {
    await assembly.transport.destroy();
  }
  const failed = results.filter(({ passed }) => !passed).length;
  if (options.json) terminal.json(results);
  else for (const result of results) for (const line of resultLines(result)) terminal.out(line);
  terminal.say(`${results.length - failed} of ${results.length} cases pass.`);
  if (failed > 0) context.exitWith(exitCodes.failed);
}

function readFile(file: string): RoutingTest[] {
  try {
    return readRoutingTests(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new CliFailure(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function runOne(file: string, each: RoutingTest, assembly: Assembly): Promise<RoutingTestResult> {
  const { routing } = assembly;
  try {
    return await runRoutingTest(each, {
      table: routing.table,
      now: routing.now(),
      makeCall: (request, headers, key) => callFor(assembly, request, headers, key),
      factsOf: (call) => factsOf(routing, call),
    });
  } catch (error) {
    throw new CliFailure(`${file}: ${each.name}: ${Failure.from(error).message}`);
  }
}
