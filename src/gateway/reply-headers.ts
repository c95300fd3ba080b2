import type { Call } from '../call/call.ts';
import { asksForTrace } from '../call/observer.ts';
import type { CallRecord } from '../call/record.ts';
import type { Decision } from '../routing/decide.ts';
import { decisionLine } from '../routing/explain.ts';

/** What every reply to a model call says of it: who answers, or who was asked last. */
export function replyHeaders(
  record: CallRecord,
  target?: { name: string; provider: string; model: string },
): Record<string, string> {
  const last = record.attempts.at(-1);
  const headers: Record<string, string> = {
    'x-router-model': headerText(target?.name ?? last?.target ?? 'none'),
    'x-router-provider': headerText(target?.provider ?? last?.provider ?? 'none'),
    'x-router-rule': headerText(record.rule),
    'x-router-attempts': String(record.attempts.length),
    'x-router-cache': record.cache ?? 'off',
  };
  if (target) headers['x-router-upstream-model'] = headerText(target.model);
  if (record.warnings.length > 0) headers['x-router-warnings'] = headerText(record.warnings.join('; '));
  return headers;
}

/** Where a client that asks finds the trace of its call, and the decision as soon as there is one. */
export function traceHeaders(call: Call, decision?: Decision): Record<string, string> {
  if (!asksForTrace(call)) return {};
  return {
    'x-router-trace': call.id,
    ...(decision ? { 'x-router-decision': headerText(decisionLine(decision)) } : {}),
  };
}

/** Text that a header can carry. */
function headerText(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 2000);
}
