import { type CommandWords, type OptionWords, programNames } from './words.ts';

/** A script for bash, 3.2 and later: `source <(router completion bash)`. */
export function bashCompletion(commands: readonly CommandWords[]): string {
  const paths = commands.map(({ path }) => path).filter((path) => path !== '');
  return `# Completion of the router for bash.
_router() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path='' word index
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${path:+$path }\${COMP_WORDS[index]}"
    case "$word" in
      ${paths.map(quoted).join('|')}) path="$word" ;;
    esac
  done
  COMPREPLY=()
  case "$path:$previous" in
${commands.flatMap(valueCases).join('\n')}
  esac
  case "$path" in
${commands.map(wordsCase).join('\n')}
  esac
}
complete -o default -F _router ${programNames.join(' ')}
`;
}

/** Behind an option with a value: its words, or files, which are bash's default. */
function valueCases({ path, options }: CommandWords): string[] {
  return options
    .filter(({ value }) => value !== 'none')
    .map(({ flags, value }) => {
      const patterns = flags.map((flag) => quoted(`${path}:${flag}`)).join('|');
      const action = value === 'file' ? '' : `${reply(value as string[])}; `;
      return `    ${patterns}) ${action}return ;;`;
    });
}

function wordsCase({ path, words, options }: CommandWords): string {
  const all = [...words.map(({ name }) => name), ...options.flatMap(({ flags }: OptionWords) => flags)];
  return `    ${quoted(path)}) ${reply(all)} ;;`;
}

function reply(words: readonly string[]): string {
  return `COMPREPLY=($(compgen -W ${quoted(words.join(' '))} -- "$current"))`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
