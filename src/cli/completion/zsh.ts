import { type CommandWords, type OptionWords, programNames } from './words.ts';

/** A script for zsh: a file `_router` in a folder of `fpath`, or sourced. */
export function zshCompletion(commands: readonly CommandWords[]): string {
  const paths = commands.map(({ path }) => path).filter((path) => path !== '');
  return `#compdef ${programNames.join(' ')}
# Completion of the router for zsh.
_router() {
  local commandPath='' word index
  local -a names flags
  for ((index = 2; index < CURRENT; index++)); do
    word="\${commandPath:+$commandPath }\${words[index]}"
    case "$word" in
      (${paths.map(quoted).join('|')}) commandPath="$word" ;;
    esac
  done
  case "$commandPath:\${words[CURRENT-1]}" in
${commands.flatMap(valueCases).join('\n')}
  esac
  case "$commandPath" in
${commands.map(wordsCase).join('\n')}
  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then
    _describe -o option flags
  elif (( \${#names} )); then
    _describe command names
  else
    _files
  fi
}
if [[ "\${funcstack[1]}" == _router ]]; then
  _router "$@"
else
  compdef _router ${programNames.join(' ')}
fi
`;
}

function valueCases({ path, options }: CommandWords): string[] {
  return options
    .filter(({ value }) => value !== 'none')
    .map(({ flags, value }) => {
      const patterns = flags.map((flag) => quoted(`${path}:${flag}`)).join('|');
      const action = value === 'file' ? '_files' : `compadd -- ${(value as string[]).map(quoted).join(' ')}`;
      return `    (${patterns}) ${action}; return ;;`;
    });
}

function wordsCase({ path, words, options }: CommandWords): string {
  const names = words.map(({ name, description }) => described(name, description));
  const flags = options.flatMap((option: OptionWords) =>
    option.flags.map((flag) => described(flag, option.description)),
  );
  return `    (${quoted(path)}) names=(${names.join(' ')}); flags=(${flags.join(' ')}) ;;`;
}

/** A word and what it is for, parted by a colon as `_describe` wants them. */
function described(word: string, description: string): string {
  return quoted(description === '' ? word : `${word.replaceAll(':', '\\:')}:${description}`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
