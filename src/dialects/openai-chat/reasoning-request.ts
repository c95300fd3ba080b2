import type { JsonObject } from '../../protocol/messages.ts';
import type { EncodeInput } from '../dialect.ts';
import type { Quirks } from '../quirks.ts';
import { nearestEffort, type RequestedEffort, requestedEffort } from '../shared/effort.ts';

/**
 * Thinking and effort in the fields of the service. Nothing is sent for a model that is known not to reason (DeepSeek's
 * switch makes any of its models reason), and, where the service refuses the field for such models, for one of which it is
 * not known. Chat Completions has no `max`: only the Responses API takes it from the same models.
 */
export function encodeReasoning({ request, quirks, abilities }: EncodeInput, hasTools: boolean): JsonObject {
  const form = quirks.reasoningRequest;
  if (form === 'none' || (abilities.reasoning === false && form !== 'thinking-and-effort')) return {};
  if (refusedElsewhere.has(form) && abilities.reasoning !== true) return {};
  const asked: RequestedEffort = hasTools && !quirks.reasoningWithTools ? { kind: 'off' } : requestedEffort(request);
  if (asked.kind === 'default') return form === 'groq' ? { reasoning_format: 'parsed' } : {};
  const efforts = form === 'reasoning_effort' ? quirks.efforts.filter((level) => level !== 'max') : quirks.efforts;
  const effort = effortFor(asked, { ...quirks, efforts });
  return fieldsOf(form, asked, effort, request.max_tokens);
}

/** These services refuse their fields for a model that does not reason. */
const refusedElsewhere: ReadonlySet<Quirks['reasoningRequest']> = new Set(['groq', 'mistral', 'xai']);

function fieldsOf(
  form: Quirks['reasoningRequest'],
  asked: Exclude<RequestedEffort, { kind: 'default' }>,
  effort: string | undefined,
  maxTokens: number | undefined,
): JsonObject {
  const on = asked.kind === 'level';
  const field = effort === undefined ? {} : { reasoning_effort: effort };
  switch (form) {
    case 'none':
      return {};
    case 'reasoning_effort':
    case 'xai':
      return field;
    case 'groq':
      return { ...field, reasoning_format: 'parsed' };
    case 'mistral':
      return on ? { prompt_mode: 'reasoning' } : {};
    case 'thinking-switch':
      return { thinking: { type: on ? 'enabled' : 'disabled' } };
    case 'thinking-and-effort':
      return on ? { thinking: { type: 'enabled' }, ...field } : { thinking: { type: 'disabled' } };
    case 'template-switch':
      // Templates of Qwen, DeepSeek and Kimi know the one or the other, and pass over the rest.
      return { ...(on ? field : {}), chat_template_kwargs: { enable_thinking: on, thinking: on } };
    case 'reasoning-object':
      return { reasoning: reasoningObject(asked, effort, maxTokens) };
  }
}

function reasoningObject(
  asked: Exclude<RequestedEffort, { kind: 'default' }>,
  effort: string | undefined,
  maxTokens: number | undefined,
): JsonObject {
  if (asked.kind === 'off') return effort === undefined || effort === 'none' ? { enabled: false } : { effort };
  const { budget } = asked;
  if (budget !== undefined && (maxTokens === undefined || budget < maxTokens)) return { max_tokens: budget };
  return effort === undefined ? { enabled: true } : { effort };
}

/** The service's word for the level; for "off" its lowest, where it has no word for that. */
function effortFor(
  asked: Exclude<RequestedEffort, { kind: 'default' }>,
  { efforts, effortNames }: Quirks,
): string | undefined {
  const level = asked.kind === 'off' ? 'none' : asked.level;
  return effortNames[level] ?? nearestEffort(level, efforts);
}
