import { type CommandWords, type OptionWords, programNames } from './words.ts';

/** A script for fish: a file in its folder `completions`, or sourced. */
export function fishCompletion(commands: readonly CommandWords[]): string {
  const paths = commands.map(({ path }) => path).filter((path) => path !== '');
  return `# Completion of the router for fish.
function __router_at
    set -l path
    for word in (commandline -opc)[2..-1]
        set -l longer (string join ' ' -- $path $word)
        if contains -- $longer ${paths.map(quoted).join(' ')}
            set path $longer
        end
    end
    test "$path" = "$argv[1]"
end
${programNames.map((name) => commands.flatMap((command) => lines(name, command)).join('\n')).join('\n')}
`;
}

function lines(program: string, { path, words, options }: CommandWords): string[] {
  const start = `complete -c ${program} -n ${quoted(`__router_at ${quoted(path)}`)}`;
  return [
    ...words.map(({ name, description }) => `${start} -f -a ${quoted(name)}${about(description)}`),
    ...options.map((option) => `${start} ${flagsOf(option)}${valuePart(option)}${about(option.description)}`),
  ];
}

function flagsOf({ flags }: OptionWords): string {
  return flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)).join(' ');
}

function valuePart({ value }: OptionWords): string {
  if (value === 'none') return '';
  return value === 'file' ? ' -r' : ` -x -a ${quoted((value as string[]).join(' '))}`;
}

function about(description: string): string {
  return description === '' ? '' : ` -d ${quoted(description)}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
}
