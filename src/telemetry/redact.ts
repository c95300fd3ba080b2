/**
 * Takes what looks like a credential out of a text, and the secrets that are known. A last line of defence: nothing that
 * is logged or shown should hold one.
 */
export function redactText(text: string, secrets: readonly string[] = []): string {
  let shown = text;
  for (const secret of secrets) if (shown.includes(secret)) shown = shown.replaceAll(secret, hidden);
  return shown.replace(secretFields, `"$1":"${hidden}"`).replace(keyShapes, hidden);
}

/** Headers as they may be shown: names that carry credentials keep their names alone. */
export function shownHeaders(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    shown[name] = secretHeader.test(name) ? hidden : redactText(typeof value === 'string' ? value : value.join(', '));
  }
  return shown;
}

/** An address as it may be shown: some carry their key in the query, or before the host. */
export function shownUrl(url: string): string {
  return url.replace(/[?#].*$/s, '').replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1');
}

/** Secrets short enough to stand in any text would make the log unreadable. */
export function worthHiding(secrets: Iterable<string | undefined>): string[] {
  return [...new Set(secrets)].filter((secret) => secret !== undefined && secret.length >= shortestSecret) as string[];
}

const hidden = '[hidden]';
const shortestSecret = 8;
const secretHeader = /auth|key|token|secret|cookie|signature|credential|password|^x-router-control$/i;
const secretFields = /"([\w.-]*(?:authorization|api[-_]?key|password|secret|cookie)[\w.-]*)":"(?:[^"\\]|\\.)+"/gi;
/** Keys of the known services, of this router, cloud credentials, signed tokens, and whatever stands behind `Bearer`. */
const keyShapes =
  /\b(?:sk-[\w-]{12,}|(?:gsk|xai|pplx|hf|r8|nvapi|ghp|gho|csk|tgp|fw|ccr)[-_](?=[\w-]*\d)[\w-]{16,}|AIza[\w-]{30,}|A[KS]IA[A-Z0-9]{16}|ya29\.[\w-]{16,}|eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?|(?<=Bearer )[\w.~+/-]{8,}=*)/g;
