import type { JsonObject } from '../../protocol/messages.ts';
import type { EncodeInput } from '../dialect.ts';
import { type Effort, nearestEffort, type RequestedEffort, requestedEffort } from '../shared/effort.ts';

/**
 * `thinkingConfig`, never with level and budget together; empty where the client leaves thinking to the model and wants
 * to see none of it, and for a model that does not think.
 */
export function encodeThinking(input: EncodeInput): JsonObject {
  const { request, quirks, abilities } = input;
  if (quirks.thinking === 'none' || abilities.reasoning === false) return {};
  const asked = requestedEffort(request);
  if (asked.kind === 'default' && request.thinking === undefined) return {};
  const amount = quirks.thinking === 'level' ? levelFor(asked, input) : budgetFor(asked, input);
  const shown = asked.kind !== 'off' && request.thinking?.display !== 'omitted';
  const config = { ...amount, ...(shown ? { includeThoughts: true } : {}) };
  return Object.keys(config).length > 0 ? { thinkingConfig: config } : {};
}

/** These models always think: "off" is the lowest level. */
function levelFor(asked: RequestedEffort, { quirks }: EncodeInput): JsonObject {
  if (asked.kind === 'default') return {};
  const level = nearestEffort(asked.kind === 'off' ? 'none' : asked.level, quirks.efforts);
  return level === undefined ? {} : { thinkingLevel: level };
}

function budgetFor(asked: RequestedEffort, { quirks }: EncodeInput): JsonObject {
  const [smallest, largest] = quirks.thinkingBudget;
  if (asked.kind === 'default') return {};
  if (asked.kind === 'off') return { thinkingBudget: smallest };
  const budget = asked.budget ?? budgets[asked.level];
  return { thinkingBudget: Math.max(smallest, Math.min(budget, largest)) };
}

/** A budget for each level, as the levels of budgets are read. */
const budgets: Record<Effort, number> = {
  none: 0,
  minimal: 1024,
  low: 4096,
  medium: 8192,
  high: 16_384,
  xhigh: 32_000,
  max: Number.POSITIVE_INFINITY,
};
