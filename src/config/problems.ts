/** One thing that is wrong with a configuration. */
export interface ConfigProblem {
  /** `models.gpt-4.endpoint`; '' for the file as a whole. */
  path: string;
  /** What is wrong and what to do. */
  message: string;
  /** The value, shortened; never a secret. */
  value?: string;
  /** The name that was probably meant. */
  suggestion?: string;
  line?: number;
  column?: number;
}

/** A configuration that can't be used, with everything that is wrong with it. */
export class ConfigError extends Error {
  /** The file, or `environment`, `command line`. */
  readonly file: string;
  readonly problems: readonly ConfigProblem[];

  constructor(file: string, problems: readonly ConfigProblem[]) {
    super(`${file}: ${problems.map(problemText).join('; ')}`);
    this.name = 'ConfigError';
    this.file = file;
    this.problems = problems;
  }
}

/** A problem as one line: `models.gpt-4.prot (line 4): unknown key; did you mean "port"?` */
export function problemText({ path, message, value, suggestion, line, column }: ConfigProblem): string {
  const place = line === undefined ? '' : ` (line ${line}${column === undefined ? '' : `, column ${column}`})`;
  const got = value === undefined ? '' : `, got ${value}`;
  const meant = suggestion === undefined ? '' : `; did you mean "${suggestion}"?`;
  const where = path === '' ? place.trimStart() : `${path}${place}`;
  return `${where === '' ? '' : `${where}: `}${message}${got}${meant}`;
}

/** A value for a message: short, and hidden where its key says that it is a secret. */
export function shownValue(path: readonly PropertyKey[], value: unknown): string {
  if (path.some((part) => isSecretKey(String(part)))) return '[hidden]';
  const text = withoutUrlSecrets(JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** True for a key whose value must not be shown. */
export function isSecretKey(key: string): boolean {
  return secretKey.test(key);
}

/** What configurations and headers call a secret; `maxTokens` and `keyPrefix` are none. */
const secretKey =
  /^(key|keyHash)$|(api|access|master|private|subscription)[-_]?key$|(^|[-_])token$|(access|auth|api|session|client)token$|password|passphrase|authorization|cookie|credential|secret/i;

/** The text with the passwords of its addresses hidden, and the keys in their queries. */
export function withoutUrlSecrets(text: string): string {
  return text
    .replaceAll(/([a-z][a-z0-9+.-]*:\/\/[^:/@\s"]*:)[^@\s"]+@/gi, '$1[hidden]@')
    .replaceAll(
      /([?&](?:[a-z_-]*key|password|token|access_token|secret|sig|signature|code)=)[^&#\s"]+/gi,
      '$1[hidden]',
    );
}
