import { Failure } from '../../call/failure.ts';
import { warn } from '../../dialects/shared/warnings.ts';
import { type ContentBlock, isJsonObject, type JsonObject } from '../../protocol/messages.ts';
import { readContent } from '../shared/content-parts.ts';
import { type BuiltConversation, ConversationBuilder } from '../shared/conversation-builder.ts';
import { objectsField } from '../shared/fields.ts';
import { inputOfArguments } from '../shared/tool-names.ts';
import { withReasoning } from './reasoning-details.ts';

/** The conversation of a chat. Throws Failure `malformed-request`, `not-expressible`. */
export function readMessages(body: JsonObject, warnings: string[]): BuiltConversation {
  if (!Array.isArray(body.messages)) throw new Failure('malformed-request', 'messages: an array is required');
  const conversation = new ConversationBuilder();
  // Of the time before tools: one call a message, its result known by the function's name.
  const functionCalls = { made: 0 };
  objectsField(body, 'messages').forEach((message, index) => {
    const path = `messages.${index}`;
    if (message.role !== 'function' && message.role !== 'tool' && typeof message.name === 'string') {
      warn(warnings, 'names of participants dropped: not supported');
    }
    const content = () => readContent(message.content, `${path}.content`);
    switch (message.role) {
      case 'system':
      case 'developer':
        return conversation.instruct(content());
      case 'user':
        return conversation.user(content());
      case 'assistant':
        return conversation.assistant(assistantBlocks(message, path, functionCalls, warnings));
      case 'tool':
        return conversation.result(idOf(message.tool_call_id, `${path}.tool_call_id`), content());
      case 'function':
        return conversation.result(functionCallId(functionCalls.made), content());
    }
    throw new Failure('malformed-request', `${path}.role: ${JSON.stringify(message.role)} is not known`);
  });
  return conversation.finish();
}

function assistantBlocks(
  message: JsonObject,
  path: string,
  functionCalls: { made: number },
  warnings: string[],
): ContentBlock[] {
  const blocks = readContent(message.content, `${path}.content`);
  if (typeof message.refusal === 'string' && message.refusal !== '')
    blocks.push({ type: 'text', text: message.refusal });
  if (isJsonObject(message.audio)) warn(warnings, 'audio of earlier answers dropped: not supported');
  for (const [index, call] of objectsField(message, 'tool_calls').entries()) {
    blocks.push(readCall(call, `${path}.tool_calls.${index}`));
  }
  const { function_call: single } = message;
  if (isJsonObject(single)) {
    functionCalls.made += 1;
    const name = idOf(single.name, `${path}.function_call.name`);
    blocks.push({
      type: 'tool_use',
      id: functionCallId(functionCalls.made),
      name,
      input: inputOfArguments(single.arguments),
    });
  }
  return withReasoning(blocks, message);
}

function readCall(call: JsonObject, path: string): ContentBlock {
  const id = idOf(call.id, `${path}.id`);
  if (isJsonObject(call.custom)) {
    const input = { input: String(call.custom.input ?? '') };
    return { type: 'tool_use', id, name: idOf(call.custom.name, `${path}.custom.name`), input };
  }
  const { name, arguments: raw } = isJsonObject(call.function) ? call.function : {};
  return { type: 'tool_use', id, name: idOf(name, `${path}.function.name`), input: inputOfArguments(raw) };
}

function idOf(value: unknown, path: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new Failure('malformed-request', `${path}: a string is required`);
}

function functionCallId(number: number): string {
  return `function_call_${number}`;
}
