export interface WaitReport {
  headers?: Readonly<Record<string, string | string[] | undefined>>;
  message: string;
  retryAfterSeconds?: number;
}

/**
 * How long the provider asks to be left alone, in whole seconds of at least 1, rounded up. `limited` says that the error
 * is one of load: only then do its text and the resets of its limits count. No clock is read: a date in `retry-after` is
 * measured against the reply's own `date`.
 */
export function retryAfterSeconds(report: WaitReport, limited: boolean): number | undefined {
  const seconds =
    fromRetryAfter(report.headers ?? {}) ??
    report.retryAfterSeconds ??
    (limited ? (fromText(report.message) ?? fromResets(report.headers ?? {})) : undefined);
  return seconds === undefined || !Number.isFinite(seconds) ? undefined : Math.max(1, Math.ceil(seconds));
}

/** Seconds of a duration such as `17s`, `1m26.4s`, `20ms` or `7.66`; undefined where it is none. */
export function durationSeconds(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed);
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(trimmed)) return undefined;
  let seconds = 0;
  for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g))
    seconds += Number(amount) * unitSeconds[unit!]!;
  return seconds;
}

const unitSeconds: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86400 };

type Headers = NonNullable<WaitReport['headers']>;

function fromRetryAfter(headers: Headers): number | undefined {
  const milliseconds = durationSeconds(headerOf(headers, 'retry-after-ms') ?? '');
  if (milliseconds !== undefined) return milliseconds / 1000;
  const value = headerOf(headers, 'retry-after');
  if (value === undefined) return undefined;
  const duration = durationSeconds(value);
  if (duration !== undefined) return duration;
  const until = Date.parse(value);
  const sent = Date.parse(headerOf(headers, 'date') ?? '');
  return Number.isNaN(until) || Number.isNaN(sent) ? undefined : (until - sent) / 1000;
}

function fromText(message: string): number | undefined {
  const match = /(?:try again|retry|available|reset\w*) (?:in|after) (\d[\d.]*\s?(?:ms|m|s|h)?(?:\d[\dhms.]*)?)/i.exec(
    message,
  );
  return match ? durationSeconds(match[1]!.replaceAll(/\s|\.$/g, '')) : undefined;
}

/** The reset of the limit that is used up; where none says so, the sooner one. */
function fromResets(headers: Headers): number | undefined {
  const resets: { seconds: number; usedUp: boolean }[] = [];
  for (const kind of ['requests', 'tokens']) {
    const seconds = durationSeconds(headerOf(headers, `x-ratelimit-reset-${kind}`) ?? '');
    if (seconds !== undefined)
      resets.push({ seconds, usedUp: headerOf(headers, `x-ratelimit-remaining-${kind}`) === '0' });
  }
  const usedUp = resets.filter((reset) => reset.usedUp).map((reset) => reset.seconds);
  if (usedUp.length > 0) return Math.max(...usedUp);
  return resets.length > 0 ? Math.min(...resets.map((reset) => reset.seconds)) : undefined;
}

function headerOf(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
