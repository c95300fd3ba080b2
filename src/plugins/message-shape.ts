import { isJsonObject, type Message, type MessagesRequest } from '../protocol/messages.ts';

/** True for what a client can be told as a message, whole or as a stream. */
export function isMessage(value: unknown): value is Message {
  if (!isJsonObject(value) || value.type !== 'message' || value.role !== 'assistant') return false;
  const { id, model, content, stop_reason, usage } = value;
  if (typeof id !== 'string' || typeof model !== 'string' || !isJsonObject(usage)) return false;
  if (stop_reason !== null && typeof stop_reason !== 'string') return false;
  return Array.isArray(content) && content.every(isBlock);
}

function isBlock(block: unknown): boolean {
  if (!isJsonObject(block) || typeof block.type !== 'string') return false;
  if (block.type === 'text') return typeof block.text === 'string';
  if (block.type === 'thinking') return typeof block.thinking === 'string';
  if (/tool_use$/.test(block.type)) {
    return typeof block.id === 'string' && typeof block.name === 'string' && isJsonObject(block.input);
  }
  return true;
}

/** True for what the router can read as a request. */
export function isRequest(value: unknown): value is MessagesRequest {
  if (!isJsonObject(value) || typeof value.model !== 'string' || value.model === '') return false;
  const { messages } = value;
  return (
    Array.isArray(messages) && messages.every((message) => isJsonObject(message) && typeof message.role === 'string')
  );
}
