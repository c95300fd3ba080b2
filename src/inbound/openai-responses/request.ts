import { Failure } from '../../call/failure.ts';
import { warn } from '../../dialects/shared/warnings.ts';
import type { InputMessage, JsonObject, MessagesRequest } from '../../protocol/messages.ts';
import type { RequestContext } from '../client-format.ts';
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
import { ToolNames } from '../shared/tool-names.ts';
import { readTools } from '../shared/tools.ts';
import { readInput } from './input.ts';

/** A request of the Responses API in the Messages form, and what its reply has to know of it. */
export interface ReadResponses {
  request: MessagesRequest;
  warnings: string[];
  tools: ToolNames;
  /** The whole conversation without the instructions, which hold for one response only. */
  conversation: InputMessage[];
  earlierBytes: number;
}

/** Throws Failure `malformed-request`, `not-expressible`. */
export function readResponsesRequest(body: JsonObject, context: RequestContext): ReadResponses {
  const warnings: string[] = [];
  const tools = new ToolNames();
  refuse(body);
  const model = modelField(body);
  const earlier = earlierOf(body, context);
  const { system, messages } = readInput(body, earlier.messages, warnings);
  const format = formatSettings(objectField(objectField(body, 'text') ?? {}, 'format'), 'text.format');
  const maxTokens = numberField(body, 'max_output_tokens');
  const reasoning = reasoningField(body);
  const summary = reasoning.summary ?? reasoning.generate_summary;
  const effort = stringField(reasoning, 'effort', 'reasoning.effort');
  const instructions = format.hint ? [...system, format.hint] : system;
  if (body.truncation === 'auto') warn(warnings, 'truncation dropped: not supported');
  const request: MessagesRequest = {
    model,
    ...(instructions.length > 0 ? { system: instructions } : {}),
    messages,
    ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }),
    ...(body.stream === true ? { stream: true } : {}),
    ...joined(
      samplingSettings(body),
      effortSettings(effort, typeof summary === 'string'),
      format.settings,
      identitySettings(body),
    ),
    ...readTools(body, objectsField(body, 'tools'), tools, [], warnings),
  };
  warnOfOtherFields(body, readFields, warnings);
  return {
    request: withCacheMarks(request),
    warnings,
    tools,
    conversation: messages,
    earlierBytes: earlier.bytes,
  };
}

function refuse(body: JsonObject): void {
  for (const [name, instead] of Object.entries(heldByOpenAi)) {
    const value = body[name];
    if (value !== undefined && value !== null && value !== false) {
      throw new Failure('not-expressible', `${name}: ${instead}`);
    }
  }
}

const heldByOpenAi: Record<string, string> = {
  background: 'responses in the background are not supported; ask for a stream',
  conversation: 'conversations are held at OpenAI; send the items, or previous_response_id',
  prompt: 'prompt templates are held at OpenAI; send instructions and input',
};

function earlierOf(body: JsonObject, { recall }: RequestContext): { messages: readonly InputMessage[]; bytes: number } {
  const id = stringField(body, 'previous_response_id');
  if (!id) return { messages: [], bytes: 0 };
  const kept = recall(id);
  if (kept) return kept;
  throw new Failure(
    'malformed-request',
    `previous_response_id: response ${id} is not known here (any more); send the whole conversation in input`,
  );
}

/** Read, or without meaning for another provider. */
const readFields: ReadonlySet<string> = new Set([
  ...['model', 'input', 'instructions', 'previous_response_id', 'max_output_tokens', 'stream', 'stream_options'],
  ...['temperature', 'top_p', 'top_k', 'tools', 'tool_choice', 'parallel_tool_calls', 'text', 'reasoning'],
  ...['user', 'safety_identifier', 'service_tier', 'prompt_cache_key', 'prompt_cache_retention', 'store', 'metadata'],
  ...['include', 'truncation', 'background', 'conversation', 'prompt', 'client_metadata'],
]);
