import { Failure } from '../../call/failure.ts';
import { warn } from '../../dialects/shared/warnings.ts';
import type { InputMessage, JsonObject } from '../../protocol/messages.ts';
import { readContent } from '../shared/content-parts.ts';
import { type BuiltConversation, ConversationBuilder } from '../shared/conversation-builder.ts';
import { objectsField, stringField } from '../shared/fields.ts';
import { inputOfArguments, neutralName } from '../shared/tool-names.ts';
import { blockOfReasoning } from './reasoning-item.ts';

/**
 * The conversation of `instructions` and `input` behind an earlier one. Throws Failure `malformed-request`, and
 * `not-expressible` for what only OpenAI holds.
 */
export function readInput(body: JsonObject, earlier: readonly InputMessage[], warnings: string[]): BuiltConversation {
  const conversation = new ConversationBuilder(earlier);
  if (typeof body.input === 'string') conversation.user(readContent(body.input, 'input'));
  else {
    objectsField(body, 'input').forEach((item, index) => {
      readItem(item, `input.${index}`, conversation, warnings);
    });
  }
  const { system, messages } = conversation.finish();
  const instructions = stringField(body, 'instructions');
  return { system: instructions ? [{ type: 'text', text: instructions }, ...system] : system, messages };
}

function readItem(item: JsonObject, path: string, conversation: ConversationBuilder, warnings: string[]): void {
  switch (item.type ?? 'message') {
    case 'message':
      return readMessage(item, path, conversation);
    case 'function_call':
      return conversation.assistant([callBlock(item, path, inputOfArguments(item.arguments))]);
    case 'custom_tool_call':
      return conversation.assistant([callBlock(item, path, { input: String(item.input ?? '') })]);
    case 'function_call_output':
    case 'custom_tool_call_output':
      return conversation.result(required(item, 'call_id', path), readContent(item.output, `${path}.output`));
    case 'reasoning': {
      const block = blockOfReasoning(item);
      if (block) conversation.assistant([block]);
      else warn(warnings, 'reasoning of another service dropped');
      return;
    }
    case 'item_reference':
      throw new Failure(
        'not-expressible',
        `${path}: item_reference: single items are not kept here; send the item itself, or previous_response_id`,
      );
  }
  warn(warnings, `input items of type ${String(item.type)} dropped: not supported`);
}

function readMessage(item: JsonObject, path: string, conversation: ConversationBuilder): void {
  const blocks = readContent(item.content, `${path}.content`);
  switch (item.role) {
    case 'system':
    case 'developer':
      return conversation.instruct(blocks);
    case 'user':
      return conversation.user(blocks);
    case 'assistant':
      return conversation.assistant(blocks);
  }
  throw new Failure('malformed-request', `${path}.role: ${JSON.stringify(item.role)} is not known`);
}

function callBlock(item: JsonObject, path: string, input: unknown) {
  const namespace = stringField(item, 'namespace', `${path}.namespace`);
  const name = neutralName(required(item, 'name', path), namespace || undefined);
  return { type: 'tool_use', id: required(item, 'call_id', path), name, input };
}

function required(item: JsonObject, name: string, path: string): string {
  const value = stringField(item, name, `${path}.${name}`);
  if (!value) throw new Failure('malformed-request', `${path}.${name}: a string is required`);
  return value;
}
