import { createHash } from 'node:crypto';
import { emptyMessage } from '../protocol/empty-message.ts';
import { MessageBuilder } from '../protocol/message-builder.ts';
import {
  blocksOf,
  isJsonObject,
  type JsonObject,
  type MessagesRequest,
  type StreamEventData,
  type ToolDefinition,
} from '../protocol/messages.ts';
import { parseJson, StreamEvent } from '../protocol/stream-event.ts';
import type { UpstreamReply, UpstreamRequest } from './transport.ts';

/** The model that answers when nobody configured one. */
export const demoModel = 'demo';

/**
 * A model inside the process, for a first look without a key: it streams, calls a tool when asked for one by name
 * ("use the tool NAME"), and says what it is. The same request gets the same answer.
 */
export function answerAsDemo(request: UpstreamRequest): UpstreamReply {
  const body = parseJson(request.body?.toString('utf8') ?? '') as MessagesRequest;
  const events = eventsFor(body);
  if (body.stream === true) {
    return {
      status: 200,
      headers: { 'content-type': 'text/event-stream' },
      body: chunks(events.map((event) => StreamEvent.of(event).bytes)),
    };
  }
  const builder = new MessageBuilder();
  for (const event of events) builder.add(event);
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: chunks([Buffer.from(JSON.stringify(builder.message))]),
  };
}

async function* chunks(buffers: Buffer[]): AsyncGenerator<Buffer> {
  for (const buffer of buffers) {
    await new Promise((resolve) => setImmediate(resolve));
    yield buffer;
  }
}

function eventsFor(request: MessagesRequest): StreamEventData[] {
  const last = request.messages.findLast((message) => message.role === 'user');
  const blocks = blocksOf(last?.content);
  const said = blocks.findLast((block) => block.type === 'text' && !isReminder(String(block.text)));
  const text = said ? String(said.text).trim() : '';
  const result = blocks.find((block) => block.type === 'tool_result');
  const tool = result ? undefined : askedTool(text, request.tools ?? []);
  const answer = result ? toolAnswer(result) : tool ? `I call ${tool.name}.` : plainAnswer(text);
  const outputTokens = Math.ceil(answer.length / 4);
  const inputTokens = Math.ceil(JSON.stringify(request.messages).length / 4);
  const id = `msg_demo_${createHash('sha256').update(JSON.stringify(request.messages)).digest('hex').slice(0, 16)}`;
  return [
    start(id, request.model, inputTokens),
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ...words(answer).map((word) => textDelta(word)),
    { type: 'content_block_stop', index: 0 },
    ...(tool ? toolCall(id, tool) : []),
    {
      type: 'message_delta',
      delta: { stop_reason: tool ? 'tool_use' : 'end_turn', stop_sequence: null },
      usage: { output_tokens: outputTokens },
    },
    { type: 'message_stop' },
  ];
}

function plainAnswer(text: string): string {
  const heard = text === '' ? '' : ` You said: "${text.length > 300 ? `${text.slice(0, 300)}…` : text}".`;
  return (
    `I am the demo model of Claude Code Router: no provider is configured yet, so this answer comes from the router itself.${heard} ` +
    'To talk to a real model, stop the router, set a key such as ANTHROPIC_API_KEY, OPENAI_API_KEY or OPENROUTER_API_KEY, and start it again.'
  );
}

function toolAnswer(result: JsonObject): string {
  const text = blocksOf(result.content)
    .map((block) => (block.type === 'text' ? String(block.text) : `[${block.type}]`))
    .join('\n');
  return `The tool answered${result.is_error === true ? ' with an error' : ''}: ${text.slice(0, 300)}`;
}

/** The tool that the text asks for by name. */
function askedTool(text: string, tools: readonly ToolDefinition[]): ToolDefinition | undefined {
  if (!/\b(tool|outil)\b/i.test(text)) return undefined;
  return tools.find((tool) => new RegExp(`\\b${tool.name.replaceAll(/[^a-zA-Z0-9_-]/g, '.')}\\b`).test(text));
}

function toolCall(id: string, tool: ToolDefinition): StreamEventData[] {
  const block = { type: 'tool_use', id: id.replace('msg_demo_', 'toolu_demo_'), name: tool.name, input: {} };
  const input = JSON.stringify(exampleOf(tool.input_schema));
  return [
    { type: 'content_block_start', index: 1, content_block: block },
    { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: input } },
    { type: 'content_block_stop', index: 1 },
  ];
}

/** The required fields of an object schema, each with a value of its type. */
function exampleOf(schema: unknown): JsonObject {
  const example: JsonObject = {};
  if (!isJsonObject(schema) || !isJsonObject(schema.properties)) return example;
  for (const name of Array.isArray(schema.required) ? schema.required : []) {
    const property = schema.properties[String(name)];
    example[String(name)] = exampleValue(isJsonObject(property) ? property : {});
  }
  return example;
}

function exampleValue(property: JsonObject): unknown {
  if (Array.isArray(property.enum)) return property.enum[0];
  switch (property.type) {
    case 'number':
    case 'integer':
      return 1;
    case 'boolean':
      return true;
    case 'array':
      return [];
    case 'object':
      return exampleOf(property);
    default:
      return 'demo';
  }
}

function isReminder(text: string): boolean {
  return text.trimStart().startsWith('<system-reminder>');
}

function words(text: string): string[] {
  return text.match(/\S+\s*/g) ?? [];
}

function textDelta(text: string): StreamEventData {
  return { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } };
}

function start(id: string, model: string, inputTokens: number): StreamEventData {
  return { type: 'message_start', message: emptyMessage(id, model, { input_tokens: inputTokens, output_tokens: 1 }) };
}
