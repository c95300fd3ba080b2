import type { Command, Option } from 'commander';

/** One option, as a shell completes it. */
export interface OptionWords {
  /** `-c`, `--config`. */
  flags: string[];
  description: string;
  /** What follows it: nothing, one of these words, or a file. */
  value: 'none' | 'file' | string[];
}

/** A command, or one of its own, and what may stand behind it. */
export interface CommandWords {
  /** `models add`; '' for the program itself. */
  path: string;
  description: string;
  options: OptionWords[];
  /** Commands below it, and words that an argument may be. */
  words: { name: string; description: string }[];
}

/** Every command of the program, the program itself first. */
export function wordsOf(program: Command): CommandWords[] {
  const found: CommandWords[] = [];
  const visit = (command: Command, path: string) => {
    const help = command.createHelp();
    const children = help.visibleCommands(command);
    const choices = command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices);
    found.push({
      path,
      description: command.description(),
      options: help.visibleOptions(command).map(optionWords),
      words: [
        ...children.map((child) => ({ name: child.name(), description: child.description() })),
        ...choices.map((name) => ({ name, description: '' })),
      ],
    });
    for (const child of children) {
      if (child.name() !== 'help') visit(child, path === '' ? child.name() : `${path} ${child.name()}`);
    }
  };
  visit(program, '');
  return found;
}

/** The names that the program is installed under. */
export const programNames = ['router', 'claude-code-router'] as const;

function optionWords({ short, long, description, argChoices, required, optional }: Option): OptionWords {
  const flags = [short, long].filter((flag) => flag !== undefined && flag !== null);
  return { flags, description, value: argChoices ?? (required || optional ? 'file' : 'none') };
}
