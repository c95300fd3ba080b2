import { existsSync, readFileSync, statSync } from 'node:fs';
import { ConfigError, isSecretKey, problemText } from '../../config/problems.ts';
import { type Assembly, assemble } from '../../daemon/assemble.ts';
import type { CommandContext } from '../command.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

export interface CheckedConfiguration {
  findings: Finding[];
  /** What a router would be made of; undefined where it could not start. */
  assembly: Assembly | undefined;
}

/** Whether a router could start with this configuration, and with which of its models. */
export async function checkConfiguration(file: string, { environment }: CommandContext): Promise<CheckedConfiguration> {
  const exists = existsSync(file);
  try {
    const assembly = await assemble({ ...(exists ? { configFile: file } : {}), environment });
    const told = exists
      ? ok('config', `${file} can be used`)
      : ok('config', `there is none at ${file}; the models come from the environment`);
    return { findings: [told, ...noticesOf(assembly), ...checkRights(file), ...checkKeys(assembly)], assembly };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const findings = error.problems.map((told) =>
      problem('config', `${error.file}: ${problemText(told)}`, 'Correct it; `router config validate` checks it again.'),
    );
    return { findings, assembly: undefined };
  }
}

function noticesOf({ warnings }: Assembly): Finding[] {
  return [...warnings.map((line) => warning('config', line, 'Correct the configuration, or live with it.'))];
}

/** A key that is written out is for its owner's eyes. */
function checkRights(file: string): Finding[] {
  if (process.platform === 'win32' || !existsSync(file) || (statSync(file).mode & 0o077) === 0) return [];
  if (!holdsWrittenKey(readFileSync(file, 'utf8'))) return [];
  return [warning('config', `${file} holds a key and other users of this machine can read it`, `chmod 600 ${file}`)];
}

function holdsWrittenKey(text: string): boolean {
  const entries = text.matchAll(/"?([\w-]+)"?\s*:\s*\[?\s*["']([^"'\n]{8,})["']/g);
  return [...entries].some(([, name = '', value = '']) => isSecretKey(name) && !/^\$\{|^passthrough$/.test(value));
}

function checkKeys({ registry }: Assembly): Finding[] {
  const { targets } = registry;
  const findings = targets.flatMap(({ name, problem: why }) =>
    why === undefined ? [] : [problem('key', `model ${name} can't be called: ${why}`, remedyFor(why))],
  );
  const usable = registry.usable();
  if (usable.length > 0) findings.push(ok('key', `${usable.length} of ${targets.length} models can be called`));
  if (usable.length > 0 && usable.every(({ providerType }) => providerType === 'demo')) {
    findings.push(
      warning('key', 'only the demo model answers', 'Set a key, such as OPENAI_API_KEY, or run `router init`.'),
    );
  }
  return findings;
}

function remedyFor(why: string): string {
  const [variable] = /\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b/.exec(why) ?? [];
  if (variable === undefined) return 'Correct the configuration.';
  return `Set ${variable} where the router is started (export ${variable}=…), and \`router restart\`.`;
}
