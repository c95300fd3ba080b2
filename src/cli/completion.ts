import type { Command } from 'commander';
import { Argument } from 'commander';
import type { CommandContext } from './command.ts';
import { bashCompletion } from './completion/bash.ts';
import { fishCompletion } from './completion/fish.ts';
import { wordsOf } from './completion/words.ts';
import { zshCompletion } from './completion/zsh.ts';

const scripts = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

const examples = `
Examples:
  bash: echo 'source <(router completion bash)' >> ~/.bashrc
  zsh:  router completion zsh > "\${fpath[1]}/_router"
  fish: router completion fish > ~/.config/fish/completions/router.fish`;

export function define(command: Command, context: CommandContext): void {
  command
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(scripts)))
    .addHelpText('after', examples)
    .action(async (shell: keyof typeof scripts) => {
      const text = scripts[shell](wordsOf(await context.wholeProgram()));
      context.terminal.out(text.trimEnd());
    });
}
