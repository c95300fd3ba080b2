import { type Asked, type AskedMessage, emptyMessage, isObject, legalToolName, objectsOf } from './format.ts';

/** Reads a Chat Completions request, and says what OpenAI would refuse it for. */
export function readOpenAiRequest(body: Record<string, unknown>): Asked {
  const violations: string[] = [];
  judgeFields(body, violations);
  judgeTools(body, violations);
  const messages = objectsOf(body.messages).map((message, index) => readMessage(message, index, violations));
  if (messages.length === 0) violations.push('messages: too short');
  judgeToolPairs(messages, violations);
  const stop = typeof body.stop === 'string' ? [body.stop] : Array.isArray(body.stop) ? body.stop.map(String) : [];
  if (stop.length > 4) violations.push('stop: more than 4 sequences');
  return {
    model: String(body.model),
    stream: body.stream === true,
    system: messages
      .filter((message) => message.role === 'system' || message.role === 'developer')
      .map((message) => message.text)
      .join('\n'),
    messages,
    tools: objectsOf(body.tools).map((tool) => {
      const definition = isObject(tool.function) ? tool.function : {};
      const { name, parameters } = definition;
      return { name: String(name), schema: isObject(parameters) ? parameters : {} };
    }),
    maxTokens: numberOf(body.max_completion_tokens) ?? numberOf(body.max_tokens),
    effort: typeof body.reasoning_effort === 'string' ? body.reasoning_effort : undefined,
    stopSequences: stop,
    wantsUsage: isObject(body.stream_options) && body.stream_options.include_usage === true,
    violations,
  };
}

const fields = new Set([
  ...['model', 'messages', 'stream', 'stream_options', 'max_tokens', 'max_completion_tokens', 'temperature', 'top_p'],
  ...['stop', 'n', 'seed', 'tools', 'tool_choice', 'parallel_tool_calls', 'reasoning_effort', 'response_format'],
  ...['frequency_penalty', 'presence_penalty', 'logit_bias', 'logprobs', 'top_logprobs', 'user', 'metadata', 'store'],
  ...['service_tier', 'prompt_cache_key', 'prompt_cache_retention', 'safety_identifier', 'verbosity', 'modalities'],
  ...['prediction', 'web_search_options', 'audio'],
]);

function judgeFields(body: Record<string, unknown>, violations: string[]): void {
  for (const name of Object.keys(body))
    if (!fields.has(name)) violations.push(`Unrecognized request argument: ${name}`);
  if (typeof body.model !== 'string') violations.push('you must provide a model parameter');
  if (body.stream_options !== undefined && body.stream !== true) violations.push('stream_options without stream');
  if (body.max_tokens !== undefined && body.max_completion_tokens !== undefined) {
    violations.push('max_tokens and max_completion_tokens cannot both be set');
  }
  const temperature = numberOf(body.temperature);
  if (temperature !== undefined && (temperature < 0 || temperature > 2)) violations.push(`temperature ${temperature}`);
}

function judgeTools(body: Record<string, unknown>, violations: string[]): void {
  const tools = objectsOf(body.tools);
  if (body.tools !== undefined && tools.length === 0) violations.push('tools: empty array');
  if (tools.length === 0 && body.tool_choice !== undefined) violations.push('tool_choice without tools');
  if (tools.length === 0 && body.parallel_tool_calls !== undefined)
    violations.push('parallel_tool_calls without tools');
  for (const tool of tools) {
    if (tool.type !== 'function') violations.push(`tools: type ${String(tool.type)}`);
    const extra = Object.keys(tool).filter((name) => name !== 'type' && name !== 'function');
    const { name, parameters, ...others } = isObject(tool.function) ? tool.function : {};
    const known = ['description', 'strict'];
    extra.push(...Object.keys(others).filter((field) => !known.includes(field)));
    for (const field of extra) violations.push(`tools: unknown parameter ${field}`);
    if (!legalToolName.test(String(name))) violations.push(`tools: name ${String(name)}`);
    if (parameters !== undefined && !(isObject(parameters) && parameters.type === 'object')) {
      violations.push(`tools: parameters of ${String(name)} are not of type object`);
    }
  }
}

function readMessage(message: Record<string, unknown>, index: number, violations: string[]): AskedMessage {
  const refuse = (why: string) => violations.push(`messages[${index}]: ${why}`);
  const role = String(message.role);
  const read = emptyMessage(role);
  if (!['system', 'developer', 'user', 'assistant', 'tool'].includes(role)) refuse(`role ${role}`);
  readContent(message.content, read, refuse);
  if (role === 'tool') {
    read.results.push({ id: String(message.tool_call_id), text: read.text, images: read.images });
    read.text = '';
    read.images = 0;
  }
  read.thinking = String(message.reasoning_content ?? message.reasoning ?? '');
  if (message.tool_calls !== undefined) readToolCalls(message, read, refuse);
  else if (role === 'assistant' && (message.content ?? '') === '') refuse('neither content nor tool_calls');
  return read;
}

function readContent(content: unknown, message: AskedMessage, refuse: (why: string) => void): void {
  if (typeof content === 'string') {
    message.text = content;
    return;
  }
  if (content === undefined || content === null) {
    if (message.role !== 'assistant') refuse('content is missing');
    return;
  }
  if (!Array.isArray(content)) {
    refuse(`content is of type ${typeof content}`);
    return;
  }
  if (content.length === 0) refuse('content is an empty array');
  for (const part of objectsOf(content)) readPart(part, message, refuse);
}

function readPart(part: Record<string, unknown>, message: AskedMessage, refuse: (why: string) => void): void {
  if (part.cache_control !== undefined) refuse('unknown parameter cache_control');
  switch (part.type) {
    case 'text':
      if (typeof part.text !== 'string' || part.text === '') refuse('an empty text part');
      message.text += (message.text === '' ? '' : '\n') + String(part.text);
      return;
    case 'image_url': {
      const url = isObject(part.image_url) ? String(part.image_url.url) : '';
      if (message.role !== 'user') refuse(`an image in role ${message.role}`);
      if (!/^(data:image\/[a-z+.-]+;base64,[A-Za-z0-9+/]{8,}=*$|https?:)/.test(url)) refuse('image_url is no image');
      message.images += 1;
      return;
    }
    case 'file':
    case 'input_audio':
    case 'refusal':
      return;
    default:
      refuse(`content part of type ${String(part.type)}`);
  }
}

function readToolCalls(message: Record<string, unknown>, read: AskedMessage, refuse: (why: string) => void): void {
  const calls = objectsOf(message.tool_calls);
  if (calls.length === 0) refuse('tool_calls is empty');
  for (const call of calls) {
    const { name, arguments: args } = isObject(call.function) ? call.function : {};
    const input = typeof args === 'string' ? parsed(args) : undefined;
    if (!isObject(input))
      refuse(`the arguments of ${String(name)} are not a JSON object: ${String(args).slice(0, 60)}`);
    if (read.calls.some((other) => other.id === call.id)) refuse(`tool call id ${String(call.id)} twice`);
    read.calls.push({ id: String(call.id), name: String(name), input });
  }
}

/** Every call is answered right behind its message, and nothing else is. */
function judgeToolPairs(messages: readonly AskedMessage[], violations: string[]): void {
  let open = new Set<string>();
  messages.forEach((message, index) => {
    for (const { id } of message.results) {
      if (!open.delete(id)) violations.push(`messages[${index}]: a tool message without its tool call (${id})`);
    }
    if (message.role === 'tool') return;
    if (open.size > 0) violations.push(`messages[${index}]: tool calls without a response: ${[...open].join(', ')}`);
    open = new Set(message.calls.map((call) => call.id));
  });
  if (open.size > 0) violations.push(`tool calls without a response at the end: ${[...open].join(', ')}`);
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
