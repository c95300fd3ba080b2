import { type Asked, type AskedMessage, emptyMessage, isObject, legalToolName, objectsOf } from './format.ts';

/** Reads a Responses request, and says what OpenAI would refuse it for. */
export function readResponsesRequest(body: Record<string, unknown>): Asked {
  const violations: string[] = [];
  judgeFields(body, violations);
  judgeTools(body, violations);
  const items = objectsOf(body.input);
  const messages = items.map((item, index) => readItem(item, (why) => violations.push(`input[${index}]: ${why}`)));
  if (messages.length === 0) violations.push('input: one of input or prompt is required');
  judgeCallPairs(messages, violations);
  judgeReasoning(items, violations);
  const instructed = messages.filter((message) => message.role === 'system' || message.role === 'developer');
  return {
    model: String(body.model),
    stream: body.stream === true,
    system: [String(body.instructions ?? ''), ...instructed.map((message) => message.text)].join('\n').trim(),
    messages: turnsOf(messages),
    tools: objectsOf(body.tools)
      .filter((tool) => tool.type === 'function')
      .map(({ name, parameters }) => ({ name: String(name), schema: isObject(parameters) ? parameters : {} })),
    maxTokens: typeof body.max_output_tokens === 'number' ? body.max_output_tokens : undefined,
    effort: isObject(body.reasoning) && typeof body.reasoning.effort === 'string' ? body.reasoning.effort : undefined,
    stopSequences: [],
    wantsUsage: true,
    violations,
  };
}

const fields = new Set([
  ...['model', 'input', 'instructions', 'stream', 'stream_options', 'max_output_tokens', 'max_tool_calls', 'include'],
  ...['temperature', 'top_p', 'tools', 'tool_choice', 'parallel_tool_calls', 'reasoning', 'text', 'store', 'metadata'],
  ...['service_tier', 'prompt_cache_key', 'prompt_cache_options', 'safety_identifier', 'truncation', 'top_logprobs'],
  ...['background', 'conversation', 'previous_response_id', 'prompt', 'user', 'context_management'],
]);

const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

function judgeFields(body: Record<string, unknown>, violations: string[]): void {
  for (const name of Object.keys(body)) if (!fields.has(name)) violations.push(`Unknown parameter: '${name}'.`);
  if (typeof body.model !== 'string') violations.push('you must provide a model parameter');
  if (body.stream_options !== undefined && body.stream !== true) violations.push('stream_options without stream');
  const { max_output_tokens: most, reasoning, input } = body;
  if (typeof most === 'number' && most < 16) violations.push(`max_output_tokens: ${most} is below 16`);
  if (!Array.isArray(input)) violations.push('input is not an array');
  if (!isObject(reasoning)) return;
  for (const name of Object.keys(reasoning)) {
    if (name !== 'effort' && name !== 'summary' && name !== 'context') violations.push(`reasoning.${name} is unknown`);
  }
  if (reasoning.effort !== undefined && !efforts.includes(String(reasoning.effort)))
    violations.push('reasoning.effort');
}

function judgeTools(body: Record<string, unknown>, violations: string[]): void {
  const tools = objectsOf(body.tools);
  if (tools.length === 0 && body.tool_choice !== undefined) violations.push('tool_choice without tools');
  for (const tool of tools) {
    if (tool.type !== 'function') continue;
    const name = String(tool.name);
    const known = ['type', 'name', 'description', 'parameters', 'strict'];
    for (const field of Object.keys(tool)) if (!known.includes(field)) violations.push(`tools: unknown field ${field}`);
    if (!legalToolName.test(name)) violations.push(`tools: name ${name}`);
    if (!isObject(tool.parameters) || tool.parameters.type !== 'object')
      violations.push(`tools: parameters of ${name}`);
    // Left out, it would be true, and what is required would be rewritten.
    if (typeof tool.strict !== 'boolean') violations.push(`tools: strict of ${name} is left to the service`);
    if (tool.strict === true) judgeStrict(tool.parameters, name, violations);
  }
}

function judgeStrict(schema: unknown, path: string, violations: string[]): void {
  if (!isObject(schema)) return;
  if (isObject(schema.properties)) {
    const required = Array.isArray(schema.required) ? schema.required : [];
    if (schema.additionalProperties !== false) violations.push(`${path}: additionalProperties must be false`);
    for (const [name, part] of Object.entries(schema.properties)) {
      if (!required.includes(name)) violations.push(`${path}: ${name} is missing from required`);
      judgeStrict(part, `${path}.${name}`, violations);
    }
  }
  judgeStrict(schema.items, `${path}[]`, violations);
  for (const variant of objectsOf(schema.anyOf)) judgeStrict(variant, path, violations);
}

function readItem(item: Record<string, unknown>, refuse: (why: string) => void): AskedMessage {
  switch (item.type ?? 'message') {
    case 'message':
      return readMessage(item, refuse);
    case 'function_call': {
      const read = emptyMessage('assistant');
      const input = typeof item.arguments === 'string' ? parsed(item.arguments) : undefined;
      if (!isObject(input)) refuse(`the arguments of ${String(item.name)} are not a JSON object`);
      judgeCallId(item.call_id, refuse);
      read.calls.push({ id: String(item.call_id), name: String(item.name), input });
      return read;
    }
    case 'function_call_output': {
      const said = emptyMessage('user');
      if (typeof item.output === 'string') said.text = item.output;
      else readParts(item.output, said, refuse);
      judgeCallId(item.call_id, refuse);
      const read = emptyMessage('tool');
      read.results.push({ id: String(item.call_id), text: said.text, images: said.images });
      return read;
    }
    case 'reasoning': {
      const read = emptyMessage('assistant');
      read.thinking = objectsOf(item.summary)
        .map((part) => String(part.text))
        .join('\n\n');
      if (!Array.isArray(item.summary)) refuse('reasoning without a summary');
      if (typeof item.encrypted_content !== 'string') refuse(`no reasoning item ${String(item.id)} is stored`);
      return read;
    }
  }
  refuse(`type ${String(item.type)}`);
  return emptyMessage('none');
}

function judgeCallId(id: unknown, refuse: (why: string) => void): void {
  if (typeof id !== 'string' || id === '' || id.length > 64) refuse(`call_id ${String(id)}`);
}

function readMessage(item: Record<string, unknown>, refuse: (why: string) => void): AskedMessage {
  const role = String(item.role);
  const read = emptyMessage(role);
  if (!['system', 'developer', 'user', 'assistant'].includes(role)) refuse(`role ${role}`);
  if (typeof item.content === 'string') read.text = item.content;
  else readParts(item.content, read, refuse);
  return read;
}

function readParts(content: unknown, message: AskedMessage, refuse: (why: string) => void): void {
  const parts = objectsOf(content);
  if (parts.length === 0) refuse('content is empty');
  const textType = message.role === 'assistant' ? 'output_text' : 'input_text';
  for (const part of parts) {
    if (part.type === textType) message.text += (message.text === '' ? '' : '\n') + String(part.text);
    else if (part.type === 'input_image' && message.role === 'user') {
      if (!/^(data:image\/[a-z+.-]+;base64,[A-Za-z0-9+/]{8,}=*$|https?:)/.test(String(part.image_url))) {
        refuse('image_url is no image');
      }
      if (part.detail === undefined) refuse('detail is missing');
      message.images += 1;
    } else if (part.type !== 'input_file' && part.type !== 'refusal') refuse(`part ${String(part.type)}`);
  }
}

function judgeCallPairs(messages: readonly AskedMessage[], violations: string[]): void {
  const open = new Set<string>();
  for (const { calls, results } of messages) {
    for (const { id } of calls) open.add(id);
    for (const { id } of results) {
      if (!open.delete(id)) violations.push(`No tool call found for function call output with call_id ${id}.`);
    }
  }
  for (const id of open) violations.push(`No tool output found for function call ${id}.`);
}

/** Reasoning goes with the item that followed it. */
function judgeReasoning(items: readonly Record<string, unknown>[], violations: string[]): void {
  items.forEach((item, index) => {
    if (item.type !== 'reasoning') return;
    const next = items.slice(index + 1).find((other) => other.type !== 'reasoning');
    const follows = next?.type === 'function_call' || (next?.type === 'message' && next.role === 'assistant');
    if (!follows) {
      violations.push(
        `Item '${String(item.id)}' of type 'reasoning' was provided without its required following item.`,
      );
    }
  });
}

/** Items of one answer as one message. */
function turnsOf(messages: readonly AskedMessage[]): AskedMessage[] {
  const turns: AskedMessage[] = [];
  for (const message of messages) {
    const last = turns.at(-1);
    if (last?.role !== 'assistant' || message.role !== 'assistant') turns.push(structuredClone(message));
    else {
      last.text = [last.text, message.text].filter((text) => text !== '').join('\n');
      last.thinking += message.thinking;
      last.calls.push(...message.calls);
    }
  }
  return turns;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
