import { type Asked, type AskedMessage, emptyMessage, isObject, legalToolName, objectsOf } from './format.ts';

/** Reads a request for `/api/chat`, and says what Ollama would refuse it for, or pass over without a word. */
export function readOllamaRequest(body: Record<string, unknown>): Asked {
  const violations: string[] = [];
  for (const name of Object.keys(body)) if (!fields.has(name)) violations.push(`${name}: no such field`);
  if (typeof body.model !== 'string') violations.push('model is required');
  if (typeof body.stream !== 'boolean') violations.push('stream: left out, so the server streams');
  judgeThink(body.think, violations);
  judgeTools(body.tools, violations);
  const options = readOptions(body.options, violations);
  const messages = objectsOf(body.messages).map((message, index) => readMessage(message, index, violations));
  if (messages.length === 0) violations.push('messages: an empty list only loads the model');
  judgeToolPairs(messages, violations);
  const { num_predict: maxTokens, stop } = options;
  return {
    model: String(body.model),
    stream: body.stream !== false,
    system: messages
      .filter((message) => message.role === 'system')
      .map((message) => message.text)
      .join('\n'),
    messages,
    tools: objectsOf(body.tools).map((tool) => {
      const { name, parameters } = isObject(tool.function) ? tool.function : {};
      return { name: String(name), schema: isObject(parameters) ? parameters : {} };
    }),
    maxTokens: typeof maxTokens === 'number' ? maxTokens : undefined,
    effort: body.think === undefined ? undefined : String(body.think),
    stopSequences: Array.isArray(stop) ? stop.map(String) : [],
    wantsUsage: true,
    violations,
  };
}

const fields = new Set([
  ...['model', 'messages', 'stream', 'format', 'keep_alive', 'tools', 'options', 'think', 'truncate', 'shift'],
  ...['logprobs', 'top_logprobs'],
]);

const optionFields = new Set([
  ...['num_ctx', 'num_batch', 'num_gpu', 'main_gpu', 'use_mmap', 'num_thread', 'num_keep', 'seed', 'num_predict'],
  ...['top_k', 'top_p', 'min_p', 'typical_p', 'repeat_last_n', 'temperature', 'repeat_penalty', 'presence_penalty'],
  ...['frequency_penalty', 'stop'],
]);

function judgeThink(think: unknown, violations: string[]): void {
  if (think === undefined || typeof think === 'boolean') return;
  if (!['low', 'medium', 'high'].includes(String(think))) violations.push(`invalid think value: ${String(think)}`);
}

function readOptions(options: unknown, violations: string[]): Record<string, unknown> {
  if (!isObject(options)) {
    violations.push('options: num_ctx is left to the server');
    return {};
  }
  for (const name of Object.keys(options)) if (!optionFields.has(name)) violations.push(`options.${name}: passed over`);
  if (!Number.isInteger(options.num_ctx)) violations.push('options.num_ctx is left to the server');
  if (options.stop !== undefined && !Array.isArray(options.stop)) violations.push('options.stop must be a list');
  return options;
}

function judgeTools(value: unknown, violations: string[]): void {
  for (const tool of objectsOf(value)) {
    const { name, parameters } = isObject(tool.function) ? tool.function : {};
    if (tool.type !== 'function') violations.push(`tools: type ${String(tool.type)}`);
    if (!legalToolName.test(String(name))) violations.push(`tools: name ${String(name)}`);
    if (!isObject(parameters) || parameters.type !== 'object' || !isObject(parameters.properties)) {
      violations.push(`tools: parameters of ${String(name)} are not of type object`);
    } else if (JSON.stringify(parameters).includes('"$ref"')) {
      violations.push(`tools: parameters of ${String(name)} hold references, which no template follows`);
    }
  }
}

function readMessage(message: Record<string, unknown>, index: number, violations: string[]): AskedMessage {
  const refuse = (why: string) => violations.push(`messages[${index}]: ${why}`);
  const role = String(message.role);
  const read = emptyMessage(role);
  if (!['system', 'user', 'assistant', 'tool'].includes(role)) refuse(`role ${role}`);
  if (typeof message.content !== 'string') refuse(`content is of type ${typeof message.content}`);
  const text = String(message.content);
  const images = Array.isArray(message.images) ? message.images : [];
  for (const image of images) {
    if (!/^[A-Za-z0-9+/]{8,}=*$/.test(String(image))) refuse('illegal base64 data at input byte 0');
  }
  if (role === 'tool') {
    if (typeof message.tool_name !== 'string') refuse('tool_name is missing');
    read.results.push({ id: String(message.tool_call_id), text, images: images.length });
    return read;
  }
  read.text = text;
  read.images = images.length;
  read.thinking = typeof message.thinking === 'string' ? message.thinking : '';
  for (const call of objectsOf(message.tool_calls)) {
    const { name, arguments: input } = isObject(call.function) ? call.function : {};
    if (!isObject(input)) refuse(`the arguments of ${String(name)} are no object`);
    read.calls.push({ id: String(call.id), name: String(name), input });
  }
  if (text === '' && images.length === 0 && read.calls.length === 0) refuse('an empty message');
  return read;
}

/** Every call is answered right behind its message, and nothing else is. */
function judgeToolPairs(messages: readonly AskedMessage[], violations: string[]): void {
  let open = new Set<string>();
  messages.forEach((message, index) => {
    for (const { id } of message.results) {
      if (!open.delete(id)) violations.push(`messages[${index}]: a result without its call (${id})`);
    }
    if (message.role === 'tool') return;
    if (open.size > 0) violations.push(`messages[${index}]: calls without a result: ${[...open].join(', ')}`);
    open = new Set(message.calls.map((call) => call.id));
  });
  if (open.size > 0) violations.push(`calls without a result at the end: ${[...open].join(', ')}`);
}
