import type { Call } from '../call/call.ts';
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

/** What the client may see of the decision where it asks and may know. */
export function debugHeaders({ headers, caller }: Call, decision: Decision): Record<string, string> {
  if (headers['x-debug']?.toLowerCase() !== 'true' || !caller.permissions.has('admin')) return {};
  return { 'x-router-decision': headerText(decisionLine(decision)) };
}

/** Text that a header can carry. */
function headerText(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 2000);
}
