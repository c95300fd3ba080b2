import type { Usage } from '../protocol/messages.ts';
import type { Explanation } from './explanation.ts';

/** One try at one target. */
export interface AttemptRecord {
  target: string;
  provider: string;
  startedAt: number;
  durationMs: number;
  outcome: 'ok' | 'failed' | 'cancelled';
  /** The row of FAILURES, and what was said. */
  failure?: { kind: string; status: number; message: string };
}

/** All that came of a call; written once, when it is over. Logs and statistics derive from it. */
export interface CallRecord {
  id: string;
  startedAt: number;
  durationMs: number;
  /** Until the first output reached the router; undefined where there was none. */
  firstOutputMs?: number;
  caller: string;
  sessionId?: string;
  requestedModel: string;
  stream: boolean;
  /** The configured name of the target that answered; undefined where none did. */
  model?: string;
  provider?: string;
  /** The model that answered, as the upstream names it. */
  upstreamModel?: string;
  /** The rule or step that chose. */
  rule: string;
  reason: string;
  /** The decision told whole; worked out when it is asked for, and only until the call is settled. */
  explain?: () => Explanation;
  attempts: AttemptRecord[];
  warnings: string[];
  outcome: 'succeeded' | 'failed' | 'cancelled' | 'refused';
  /** The HTTP status, or that of the failure that ended a stream. */
  status: number;
  failure?: { kind: string; message: string };
  stopReason?: string;
  /** As far as it is known; absent where the upstream reported none. */
  usage?: Usage;
  usageEstimated?: boolean;
}
