import type { JsonObject, MessagesRequest, TextBlock, ToolChoice } from '../../protocol/messages.ts';
import type { EncodeInput, ModelAbilities } from '../dialect.ts';
import { effortLadder, isEffort, nearestEffort } from '../shared/effort.ts';
import { warn } from '../shared/warnings.ts';
import { closedSchema } from './closed-schema.ts';
import { fitMessages } from './fit-messages.ts';

/** Where neither the configuration nor the catalogue knows the model's limit. */
const usualMaxTokens = 8192;

/**
 * A request that the router built, as the model takes it. Whoever writes Messages by himself knows what his model takes
 * and is told by Anthropic where he errs; a client of another API can't know, so what the model refuses is put otherwise.
 */
export function fitToModel(request: MessagesRequest, input: EncodeInput, warnings: string[]): MessagesRequest {
  const { abilities } = input;
  const fitted: MessagesRequest = { ...request, messages: fitMessages(request.messages, abilities, warnings) };
  fitted.max_tokens ??= defaultMaxTokens(abilities);
  fitToolChoice(fitted, abilities, warnings);
  fitThinking(fitted, abilities, warnings);
  fitEffort(fitted, abilities, warnings);
  fitSampling(fitted, abilities, warnings);
  fitSchemas(fitted);
  return fitted;
}

/** The model's limit, and what its window leaves beside the prompt. */
function defaultMaxTokens({ maxOutput, contextWindow, promptTokens }: ModelAbilities): number {
  const limit = maxOutput ?? usualMaxTokens;
  if (contextWindow === undefined || !promptTokens) return limit;
  return Math.min(limit, Math.max(1024, Math.floor(contextWindow - promptTokens() * 1.05)));
}

function fitToolChoice(request: MessagesRequest, abilities: ModelAbilities, warnings: string[]): void {
  const choice = request.tool_choice;
  if (choice?.type !== 'any' && choice?.type !== 'tool') return;
  if (abilities.forcedToolChoice === 'no') {
    const { name: _, ...rest } = choice;
    request.tool_choice = { ...rest, type: 'auto' };
    request.system = [...systemBlocks(request), { type: 'text', text: toolInstruction(choice) }];
    warn(warnings, 'tool_choice became an instruction: the model can not be forced to call tools');
    return;
  }
  const { thinking } = request;
  const thinks = thinking === undefined ? abilities.forcedToolChoice === 'thinking-off' : thinking.type !== 'disabled';
  if (!thinks || abilities.thinkingTypes?.includes('disabled') !== true) return;
  request.thinking = { type: 'disabled' };
  if (thinking !== undefined) warn(warnings, 'reasoning switched off: the model calls no forced tool with it');
}

function toolInstruction(choice: ToolChoice): string {
  return choice.type === 'tool' ? `You must call the tool ${choice.name}.` : 'You must call one of the tools.';
}

function systemBlocks({ system }: MessagesRequest): TextBlock[] {
  if (typeof system === 'string') return system === '' ? [] : [{ type: 'text', text: system }];
  return (system ?? []) as TextBlock[];
}

function fitThinking(request: MessagesRequest, { thinkingTypes: types }: ModelAbilities, warnings: string[]): void {
  const type = request.thinking?.type;
  if (types === undefined || type === undefined || types.includes(type)) return;
  delete request.thinking;
  const effort = request.output_config?.effort;
  if (type === 'disabled' && types.includes('between_tools')) request.thinking = { type: 'between_tools' };
  else if (type === 'disabled' && types.length > 0) {
    setEffort(request, 'low');
    warn(warnings, 'reasoning can not be switched off: lowered instead');
  } else if (type === 'adaptive' && effort !== undefined) {
    const possible = types.includes('enabled') && !lacksThinking(request);
    const budget = possible ? budgetOf(effort, request.max_tokens!) : undefined;
    if (budget !== undefined) request.thinking = { type: 'enabled', budget_tokens: budget };
    else warn(warnings, 'reasoning effort dropped: the model can not reason within the limits of this call');
  }
}

/** A turn of calls that began without thinking can't go on with it. */
function lacksThinking({ messages }: MessagesRequest): boolean {
  const content = messages.findLast((message) => message.role === 'assistant')?.content;
  if (!Array.isArray(content) || !content.some((block) => block.type === 'tool_use')) return false;
  return content[0]!.type !== 'thinking' && content[0]!.type !== 'redacted_thinking';
}

/** Tokens to think in, so that some are left to answer with; undefined where there are too few. */
function budgetOf(effort: string, maxTokens: number): number | undefined {
  const budget = budgets[effort] ?? budgets.high!;
  const room = maxTokens > 2 * smallestBudget ? maxTokens - smallestBudget : smallestBudget;
  return maxTokens > smallestBudget ? Math.min(budget, room) : undefined;
}

const smallestBudget = 1024;
const budgets: Record<string, number> = { low: 2048, medium: 8192, high: 16384, xhigh: 32000, max: 32000 };

function fitEffort(request: MessagesRequest, abilities: ModelAbilities, warnings: string[]): void {
  const { efforts, disabledUpToEffort } = abilities;
  const effort = request.output_config?.effort;
  if (effort === undefined || efforts === undefined) return;
  if (efforts.length === 0) return setEffort(request, undefined);
  if (!isEffort(effort)) return;
  const limit = request.thinking?.type === 'disabled' && isEffort(disabledUpToEffort) ? disabledUpToEffort : undefined;
  const allowed = limit !== undefined && rank(effort) > rank(limit) ? limit : effort;
  const nearest = nearestEffort(allowed, efforts);
  if (nearest !== effort) warn(warnings, `reasoning effort ${effort} became ${nearest}: the model does not know it`);
  setEffort(request, nearest);
}

function rank(effort: (typeof effortLadder)[number]): number {
  return effortLadder.indexOf(effort);
}

function setEffort(request: MessagesRequest, effort: string | undefined): void {
  const { effort: _, ...rest } = request.output_config ?? {};
  const config = effort === undefined ? rest : { ...rest, effort };
  if (Object.keys(config).length > 0) request.output_config = config;
  else delete request.output_config;
}

function fitSampling(request: MessagesRequest, abilities: ModelAbilities, warnings: string[]): void {
  const thinks = request.thinking !== undefined && request.thinking.type !== 'disabled';
  const drop = (name: 'temperature' | 'top_p' | 'top_k', why: string) => {
    const value = request[name];
    delete request[name];
    if (value !== undefined && value !== 1) warn(warnings, `${name} dropped: ${why}`);
  };
  if (abilities.sampling === 'no' || thinks) {
    const why = thinks ? 'not taken together with reasoning' : 'the model does not take it';
    drop('temperature', why);
    drop('top_p', why);
    drop('top_k', why);
    return;
  }
  if (request.temperature !== undefined && request.temperature > 1) {
    warn(warnings, `temperature lowered from ${request.temperature} to 1`);
    request.temperature = 1;
  }
  if (abilities.oneSamplingParameter && request.temperature !== undefined) drop('top_p', 'not beside temperature');
}

/** Anthropic takes closed objects alone, in an answer's schema and in tools that are strict. */
function fitSchemas(request: MessagesRequest): void {
  const format = request.output_config?.format;
  if (format?.schema) {
    request.output_config = { ...request.output_config, format: { ...format, schema: closedSchema(format.schema) } };
  }
  if (!request.tools?.some((tool) => tool.strict)) return;
  request.tools = request.tools.map((tool) => {
    return tool.strict ? { ...tool, input_schema: closedSchema(tool.input_schema as JsonObject) } : tool;
  });
}
