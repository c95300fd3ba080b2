import type { Call } from './call.ts';
import type { Explanation } from './explanation.ts';
import type { AttemptRecord, CallRecord } from './record.ts';

/** Follows one call while it runs. */
export interface CallObserver {
  /** Where it goes is decided; the explanation is worked out when it is asked for. */
  decided(record: CallRecord, explain: () => Explanation): void;
  /** A target is tried. */
  attempting(attempt: AttemptRecord): ExchangeObserver;
  /** All is over, and the record is complete. */
  settled(record: CallRecord): void;
}

/** Follows what passes between the router and one upstream. */
export interface ExchangeObserver {
  /** What goes to the upstream beside the request's own headers. */
  readonly headers: Readonly<Record<string, string>>;
  /** A request leaves, with all its headers. */
  sent(url: string, headers: Readonly<Record<string, string>>): void;
  /** The status line is there. */
  answered(status: number, headers: Readonly<Record<string, string | string[] | undefined>>): void;
}

/** True where the client asks for a trace of its call and may see it. */
export function asksForTrace({ headers, caller }: Pick<Call, 'headers' | 'caller'>): boolean {
  return headers['x-debug']?.toLowerCase() === 'true' && caller.permissions.has('admin');
}
