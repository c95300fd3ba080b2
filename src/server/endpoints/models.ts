import { Failure } from '../../call/failure.ts';
import type { Target } from '../../providers/target.ts';
import type { Exchange } from '../route-table.ts';
import { sendJson } from '../send-reply.ts';

/**
 * `GET /v1/models`: every model under its own name, and, since Claude Code shows only names that hold `claude` or
 * `anthropic`, the others also as `claude-router/NAME`. In OpenAI's form for clients that send no `anthropic-version`.
 */
export function listModels({ service, response, id, headers, query, caller }: Exchange): void {
  const targets = service.registry.targets.filter((target) => mayUse(target, caller?.models));
  const entries = targets.flatMap((target) => entriesOf(target));
  if (!wantsAnthropicForm(headers, query)) {
    return sendJson(response, id, 200, {
      object: 'list',
      data: entries.map((entry) => openAiForm(entry, service.startedAt)),
    });
  }
  const data = entries.map((entry) => anthropicForm(entry, service.startedAt));
  sendJson(response, id, 200, {
    data,
    has_more: false,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  });
}

/** `GET /v1/models/{id}`. Throws Failure `no-such-path`. */
export function oneModel({ service, response, id, headers, query, parameter, caller }: Exchange): void {
  const target = service.registry.find(parameter);
  if (!target || !mayUse(target, caller?.models))
    throw new Failure('no-such-path', `model ${parameter} is not configured`);
  const entry = { id: parameter, target };
  const form = wantsAnthropicForm(headers, query) ? anthropicForm : openAiForm;
  sendJson(response, id, 200, form(entry, service.startedAt));
}

interface Entry {
  id: string;
  target: Target;
}

function entriesOf(target: Target): Entry[] {
  const entries = [{ id: target.name, target }];
  if (!/claude|anthropic/i.test(target.name)) entries.push({ id: `claude-router/${target.name}`, target });
  return entries;
}

function mayUse(target: Target, models: readonly string[] | undefined): boolean {
  return models === undefined || [target.name, ...target.aliases].some((name) => models.includes(name));
}

function wantsAnthropicForm(headers: Record<string, string>, query: string): boolean {
  return headers['anthropic-version'] !== undefined || headers['x-api-key'] !== undefined || /[?&]limit=/.test(query);
}

function anthropicForm({ id, target }: Entry, startedAt: number) {
  return {
    type: 'model',
    id,
    display_name: `${target.model} (${target.provider})`,
    created_at: new Date(startedAt).toISOString(),
    ...(target.abilities.contextWindow === undefined ? {} : { max_input_tokens: target.abilities.contextWindow }),
    ...(target.abilities.maxOutput === undefined ? {} : { max_tokens: target.abilities.maxOutput }),
  };
}

function openAiForm({ id, target }: Entry, startedAt: number) {
  return { id, object: 'model', created: Math.floor(startedAt / 1000), owned_by: target.provider };
}
