import { type Asked, type AskedMessage, emptyMessage, isObject, legalToolName, objectsOf } from './format.ts';

/** Reads a Messages request, and says what Anthropic would refuse it for. */
export function readAnthropicRequest(body: Record<string, unknown>): Asked {
  const violations: string[] = [];
  for (const name of Object.keys(body))
    if (!fields.has(name)) violations.push(`${name}: Extra inputs are not permitted`);
  if (typeof body.model !== 'string') violations.push('model: Field required');
  if (typeof body.max_tokens !== 'number' || body.max_tokens < 1) violations.push('max_tokens: Field required');
  const messages = objectsOf(body.messages).map((message, index) => readMessage(message, index, violations));
  if (messages.length === 0) violations.push('messages: at least one message is required');
  else if (messages[0]!.role !== 'user') violations.push('messages.0: the first message must use the user role');
  judgeToolPairs(messages, violations);
  judgeTools(body, violations);
  judgeThinking(body, violations);
  if ((JSON.stringify(body).match(/"cache_control":\{/g) ?? []).length > 4) {
    violations.push('a maximum of 4 blocks with cache_control may be provided');
  }
  return {
    model: String(body.model),
    stream: body.stream === true,
    system: plainText(body.system),
    messages,
    tools: objectsOf(body.tools).map((tool) => ({
      name: String(tool.name),
      schema: isObject(tool.input_schema) ? tool.input_schema : {},
    })),
    maxTokens: typeof body.max_tokens === 'number' ? body.max_tokens : undefined,
    effort: isObject(body.output_config) ? String(body.output_config.effort) : undefined,
    stopSequences: Array.isArray(body.stop_sequences) ? body.stop_sequences.map(String) : [],
    wantsUsage: true,
    violations,
  };
}

const fields = new Set([
  ...['model', 'messages', 'system', 'max_tokens', 'stream', 'stop_sequences', 'temperature', 'top_p', 'top_k'],
  ...['tools', 'tool_choice', 'thinking', 'output_config', 'metadata', 'context_management', 'safeguards'],
  ...['service_tier', 'container', 'mcp_servers', 'inference_geo', 'speed', 'cache_control', 'fallbacks'],
]);

function readMessage(message: Record<string, unknown>, index: number, violations: string[]): AskedMessage {
  const refuse = (why: string) => violations.push(`messages.${index}: ${why}`);
  const role = String(message.role);
  const read = emptyMessage(role);
  if (!['user', 'assistant', 'system'].includes(role)) refuse(`role ${role}`);
  if (typeof message.content === 'string') {
    read.text = message.content;
    if (message.content === '' && role !== 'system') refuse('messages must have non-empty content');
    return read;
  }
  if (!Array.isArray(message.content)) refuse('content: Field required');
  const blocks = objectsOf(message.content);
  if (blocks.length === 0 && role !== 'system') refuse('messages must have non-empty content');
  for (const block of blocks) readBlock(block, read, refuse);
  return read;
}

function readBlock(block: Record<string, unknown>, message: AskedMessage, refuse: (why: string) => void): void {
  switch (block.type) {
    case 'text':
      if (typeof block.text !== 'string' || block.text === '') refuse('text content blocks must be non-empty');
      message.text += (message.text === '' ? '' : '\n') + String(block.text);
      return;
    case 'thinking':
      if (message.role !== 'assistant') refuse(`thinking in role ${message.role}`);
      if (typeof block.signature !== 'string') refuse('thinking.signature: Field required');
      message.thinking += String(block.thinking);
      return;
    case 'image':
    case 'document':
      if (!isObject(block.source)) refuse(`${block.type}.source: Field required`);
      message.images += 1;
      return;
    case 'tool_use':
      if (message.role !== 'assistant') refuse(`tool_use in role ${message.role}`);
      if (!/^[a-zA-Z0-9_-]+$/.test(String(block.id))) refuse(`tool_use.id ${String(block.id)}`);
      if (!isObject(block.input)) refuse('tool_use.input: Input should be an object');
      message.calls.push({ id: String(block.id), name: String(block.name), input: block.input });
      return;
    case 'tool_result': {
      if (message.role !== 'user') refuse(`tool_result in role ${message.role}`);
      const parts = objectsOf(block.content);
      const references = parts.filter((part) => part.type === 'tool_reference').map((part) => String(part.tool_name));
      message.results.push({
        id: String(block.tool_use_id),
        text: [plainText(block.content), ...references].filter((text) => text !== '').join('\n'),
        images: parts.filter((part) => part.type === 'image').length,
      });
    }
  }
}

function plainText(content: unknown): string {
  if (typeof content === 'string') return content;
  return objectsOf(content)
    .map((block) => (typeof block.text === 'string' ? block.text : ''))
    .filter((text) => text !== '')
    .join('\n');
}

function judgeToolPairs(messages: readonly AskedMessage[], violations: string[]): void {
  const seen = new Set<string>();
  messages.forEach((message, index) => {
    const before = new Set(messages[index - 1]?.calls.map((call) => call.id));
    for (const { id } of message.results) {
      if (!before.delete(id)) violations.push(`messages.${index}: unexpected tool_use_id ${id} in tool_result blocks`);
    }
    if (before.size > 0) {
      violations.push(`messages.${index}: tool_use ids without tool_result blocks: ${[...before].join(', ')}`);
    }
    for (const { id } of message.calls) {
      if (seen.has(id)) violations.push(`messages.${index}: tool_use ids must be unique: ${id}`);
      seen.add(id);
    }
  });
  if ((messages.at(-1)?.calls.length ?? 0) > 0) violations.push('the last message leaves tool_use without tool_result');
}

function judgeTools(body: Record<string, unknown>, violations: string[]): void {
  const tools = objectsOf(body.tools);
  const names = new Set<string>();
  for (const tool of tools) {
    const name = String(tool.name);
    if (!legalToolName.test(name)) violations.push(`tools: name ${name}`);
    if (names.has(name)) violations.push(`tools: tool names must be unique: ${name}`);
    names.add(name);
    const custom = tool.type === undefined || tool.type === null || tool.type === 'custom';
    if (custom && !(isObject(tool.input_schema) && tool.input_schema.type === 'object')) {
      violations.push(`tools: input_schema of ${name} is not of type object`);
    }
  }
  if (isObject(body.tool_choice) && body.tool_choice.type !== 'none' && tools.length === 0) {
    violations.push('tool_choice may only be specified while providing tools');
  }
}

function judgeThinking(body: Record<string, unknown>, violations: string[]): void {
  const { thinking, max_tokens: maxTokens } = body;
  if (!isObject(thinking) || thinking.type !== 'enabled') return;
  if (Number(thinking.budget_tokens) < 1024) violations.push('thinking.budget_tokens: at least 1024');
  if (Number(thinking.budget_tokens) >= Number(maxTokens)) {
    violations.push('max_tokens must be greater than thinking.budget_tokens');
  }
}
