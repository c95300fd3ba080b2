import { readFileSync } from 'node:fs';
import { resolvePaths } from '../../config/paths.ts';
import { masterKeysOf } from '../../daemon/assemble.ts';
import { madeText } from '../../secrets/at-rest.ts';
import { SecretBox } from '../../secrets/secret-box.ts';
import type { CommandContext } from '../command.ts';
import { CliFailure, exitCodes } from '../exit.ts';
import type { SecretsOptions } from '../secrets.ts';

/** Prints the value to paste into the configuration; makes the first master key where there is none. Throws ConfigError. */
export async function encrypt(
  given: string | undefined,
  { json }: SecretsOptions,
  context: CommandContext,
): Promise<void> {
  const { terminal, environment } = context;
  const text = given ?? (await asked(context)) ?? readFileSync(0, 'utf8').replace(/\r?\n$/, '');
  if (text === '') throw new CliFailure('There is nothing to encrypt: standard input is empty.', exitCodes.usage);
  const masterKeys = masterKeysOf(environment, resolvePaths(environment));
  if (masterKeys.makeFirst()) terminal.say(`Note: ${madeText(masterKeys.file)}.`);
  const value = new SecretBox(masterKeys, Date.now).sealText(text);
  if (json) terminal.json({ value });
  else terminal.out(value);
}

async function asked({ terminal }: CommandContext): Promise<string | undefined> {
  if (!terminal.canAsk) return undefined;
  const { isCancel, password } = await import('@clack/prompts');
  const answer = await password({ message: 'What shall be encrypted?' });
  if (isCancel(answer)) throw new CliFailure('Nothing was encrypted.');
  return answer;
}
