import { Failure } from '../../call/failure.ts';
import type { JsonObject, MessagesRequest, ToolDefinition } from '../../protocol/messages.ts';
import { withCacheMarks } from '../shared/cache-marks.ts';
import { modelField, numberField, objectField, objectsField, stringField } from '../shared/fields.ts';
import {
  effortSettings,
  formatSettings,
  identitySettings,
  joined,
  reasoningField,
  samplingSettings,
  warnOfOtherFields,
} from '../shared/settings.ts';
import { readStops } from '../shared/stops.ts';
import { ToolNames } from '../shared/tool-names.ts';
import { readTools, webSearchTool } from '../shared/tools.ts';
import { readMessages } from './messages.ts';

/** A chat completion's request in the Messages form, and what its reply has to know of it. */
export interface ReadChat {
  request: MessagesRequest;
  warnings: string[];
  tools: ToolNames;
  /** The client knows no tools but functions, of which one is called at a time. */
  legacyFunctions: boolean;
  includeUsage: boolean;
}

/** Throws Failure `malformed-request`, `not-expressible`. */
export function readChatRequest(body: JsonObject): ReadChat {
  const warnings: string[] = [];
  const tools = new ToolNames();
  refuse(body);
  const model = modelField(body);
  const { system, messages } = readMessages(body, warnings);
  const format = formatSettings(objectField(body, 'response_format'), 'response_format');
  const maxTokens = numberField(body, 'max_completion_tokens') ?? numberField(body, 'max_tokens');
  const effort =
    stringField(body, 'reasoning_effort') ?? stringField(reasoningField(body), 'effort', 'reasoning.effort');
  const legacyFunctions = body.functions !== undefined && body.tools === undefined;
  const instructions = format.hint ? [...system, format.hint] : system;
  const request: MessagesRequest = {
    model,
    ...(instructions.length > 0 ? { system: instructions } : {}),
    messages,
    ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }),
    ...(body.stream === true ? { stream: true } : {}),
    ...joined(
      samplingSettings(body),
      effortSettings(effort, effort !== undefined),
      format.settings,
      identitySettings(body),
    ),
    ...readStops(body.stop, warnings),
    ...readTools(toolFields(body, legacyFunctions), offered(body), tools, searchOf(body), warnings),
  };
  warnOfOtherFields(body, readFields, warnings);
  const includeUsage = objectField(body, 'stream_options')?.include_usage === true;
  return { request: withCacheMarks(request), warnings, tools, legacyFunctions, includeUsage };
}

function refuse(body: JsonObject): void {
  const n = numberField(body, 'n');
  if (n !== undefined && n !== 1) {
    throw new Failure('not-expressible', 'n: this router gives one choice; ask as often as you need answers');
  }
  const { modalities } = body;
  if (Array.isArray(modalities) && modalities.includes('audio')) {
    throw new Failure('not-expressible', 'modalities: audio is not supported, only text');
  }
}

/** `functions` and `function_call` are the names of a time before tools. */
function offered(body: JsonObject): JsonObject[] {
  const functions = objectsField(body, 'functions').map((tool) => ({ type: 'function', function: tool }));
  return [...objectsField(body, 'tools'), ...functions];
}

function toolFields(body: JsonObject, legacyFunctions: boolean): JsonObject {
  return legacyFunctions ? { tool_choice: body.function_call, parallel_tool_calls: false } : body;
}

function searchOf(body: JsonObject): ToolDefinition[] {
  const options = objectField(body, 'web_search_options');
  return options ? [webSearchTool(options)] : [];
}

/** Read, or without meaning for another provider. */
const readFields: ReadonlySet<string> = new Set([
  ...['model', 'messages', 'max_tokens', 'max_completion_tokens', 'stream', 'stream_options', 'n', 'modalities'],
  ...[
    'temperature',
    'top_p',
    'top_k',
    'stop',
    'tools',
    'tool_choice',
    'parallel_tool_calls',
    'functions',
    'function_call',
  ],
  ...['response_format', 'reasoning_effort', 'reasoning', 'user', 'safety_identifier', 'service_tier'],
  ...['web_search_options', 'prompt_cache_key', 'prompt_cache_retention', 'store', 'metadata', 'verbosity'],
]);
