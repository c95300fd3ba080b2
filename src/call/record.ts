import type { Usage } from '../protocol/messages.ts';
import type { Explanation } from './explanation.ts';

/** One try at one target; one with usage is a leg of the call, and is billed. */
export interface AttemptRecord {
  target: string;
  provider: string;
  /** The model that answered, as the upstream names it; its id where it named none. */
  model?: string;
  startedAt: number;
  durationMs: number;
  outcome: 'ok' | 'failed' | 'cancelled';
  /** The row of FAILURES, and what was said. */
  failure?: { kind: string; status: number; message: string };
  /** What it used, as the upstream reported it; absent where nothing was. */
  usage?: Usage;
  usageEstimated?: boolean;
  /** Whole micro-dollars; null where the price is not known; absent without usage. Set when the call is billed. */
  costMicroUsd?: number | null;
  /** Who says what it costs. */
  priceSource?: 'config' | 'provider' | 'catalogue';
}

/** Request and reply as they passed, where the configuration asks to record them. */
export interface RecordedBodies {
  request: Buffer;
  reply: Buffer;
  /** True where the end was left out, because there was too much. */
  truncated: boolean;
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
  /** Whose request it is: the person's conversation, a subagent of it, or the client's own, such as a title. */
  askedBy?: 'person' | 'subagent' | 'client';
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
  /** `hit`: the answer was kept from an earlier call, and no target was asked. */
  cache?: 'hit' | 'miss' | 'off';
  /** The target that was to be asked beside a slow one; where it was not, why. */
  hedge?: { target: string; asked: boolean; reason?: string };
  /** The call that this one was the client’s retry of: it was told the same, and that one is billed. */
  joined?: string;
  /** What all legs cost, in whole micro-dollars; null where the price of one is not known. Set when the call is billed. */
  costMicroUsd?: number | null;
  /** How much less than the default model would have cost, in micro-dollars; null where one of the two is not known. */
  savedMicroUsd?: number | null;
  bodies?: RecordedBodies;
}
