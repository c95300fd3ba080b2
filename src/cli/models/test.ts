import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { Failure } from '../../call/failure.ts';
import { assemble } from '../../daemon/assemble.ts';
import { probeTarget } from '../../gateway/probe-target.ts';
import type { Target } from '../../providers/target.ts';
import type { CommandContext } from '../command.ts';
import { configFileOf } from '../config-file.ts';
import { CliFailure, exitCodes } from '../exit.ts';
import type { ModelOptions } from '../models.ts';

interface TestResult {
  name: string;
  ok: boolean;
  latencyMs: number;
  /** The model that answered, as the service names it; what went wrong where none did. */
  detail: string;
}

/** Asks each model for a word. Exits with 1 where one does not answer. */
export async function testModels(names: string[], options: ModelOptions, context: CommandContext): Promise<void> {
  const { environment, terminal } = context;
  const file = configFileOf(context, options.config);
  const assembly = await assemble({ ...(existsSync(file) ? { configFile: file } : {}), environment });
  const targets = names.length === 0 ? assembly.registry.targets : names.map((name) => targetNamed(name));
  const results: TestResult[] = [];
  for (const target of targets) {
    if (!options.json) terminal.say(terminal.paint.dim(`Asking ${target.name}…`));
    results.push(await testOne(target));
  }
  await assembly.transport.destroy();
  if (options.json) terminal.json(results);
  else {
    const rows = results.map(({ name, ok, latencyMs, detail }) => [
      name,
      ok ? 'ok' : 'failed',
      `${latencyMs} ms`,
      detail,
    ]);
    terminal.table(['NAME', 'RESULT', 'TIME', ''], rows);
  }
  if (results.some(({ ok }) => !ok)) context.exitWith(exitCodes.failed);

  function targetNamed(name: string): Target {
    const target = assembly.registry.find(name);
    if (target) return target;
    throw new CliFailure(`There is no model "${name}"; \`router models list\` shows them.`);
  }

  async function testOne(target: Target): Promise<TestResult> {
    const startedAt = Date.now();
    const done = (ok: boolean, detail: string) => ({
      name: target.name,
      ok,
      latencyMs: Date.now() - startedAt,
      detail,
    });
    if (target.problem !== undefined) return done(false, target.problem);
    try {
      const message = await probeTarget(assembly.transport, target, randomUUID(), AbortSignal.timeout(60_000));
      return done(true, message.model);
    } catch (error) {
      return done(false, Failure.from(error).message);
    }
  }
}
