import type { CommandContext } from './command.ts';
import { CliFailure, exitCodes } from './exit.ts';

/** Asks whether to go on; `yes` answers for the person. Throws CliFailure where the answer is no, or nobody can be asked. */
export async function confirm(question: string, yes: boolean, { terminal }: CommandContext): Promise<void> {
  if (yes) return;
  if (!terminal.canAsk) {
    throw new CliFailure('There is no terminal to ask on: --yes does it without asking.', exitCodes.usage);
  }
  const prompts = await import('@clack/prompts');
  const answer = await prompts.confirm({ message: question });
  if (prompts.isCancel(answer) || !answer) throw new CliFailure('Nothing was changed.');
}
