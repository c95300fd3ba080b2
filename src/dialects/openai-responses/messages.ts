import { type DocumentBlock, type ImageBlock, isJsonObject, type ToolUseBlock } from '../../protocol/messages.ts';
import type { AssistantTurn, ToolOutcome, UserBlock, UserTurn } from '../shared/conversation.ts';
import { originalToolId, shortened } from '../shared/identifiers.ts';
import { documentName, mediaUrl, omittedDocument, omittedImage } from '../shared/media.ts';
import type { EncodeTurns, TurnInput } from '../shared/stretches.ts';
import { wireName } from '../shared/tools.ts';
import { warn } from '../shared/warnings.ts';
import { ownState, type ResponsesState, reasoningItem } from './reasoning-state.ts';
import type { InputItem, InputPart, ReasoningItem } from './wire.ts';

/** Turns as input items, in the order of their blocks; the same beginning of a conversation always gives the same items. */
export const encodeTurns: EncodeTurns<InputItem> = (turns, input, { isLast }, warnings) => {
  if (isLast && turns.at(-1)?.role === 'assistant') {
    warn(warnings, 'prefill: the model begins a new message behind the last one of the assistant');
  }
  return turns.flatMap((turn): InputItem[] => {
    if (turn.role === 'system') return [instruction(turn.text, input)];
    return turn.role === 'assistant' ? assistantItems(turn, input) : userItems(turn, input, warnings);
  });
};

/** A system message in mid-conversation. */
function instruction(text: string, { quirks }: TurnInput): InputItem {
  return quirks.midConversationSystem === 'reminder'
    ? message('user', [{ type: 'input_text', text: `<system-reminder>\n${text}\n</system-reminder>` }])
    : message('developer', [{ type: 'input_text', text }]);
}

function assistantItems({ blocks }: AssistantTurn, input: TurnInput): InputItem[] {
  const items: InputItem[] = [];
  let reasoning: Remembered[] = [];
  for (const block of blocks) {
    const state = ownState(block, input);
    if (state && block.type === 'thinking') reasoning.push({ state, item: reasoningItem(block.thinking, state) });
    if (block.type !== 'text' && block.type !== 'tool_use') continue;
    items.push(...reasoningBefore(block.type === 'text' ? 'message' : 'function_call', reasoning));
    if (block.type === 'tool_use') items.push(functionCall(block, input));
    else {
      const phase = reasoning.at(-1)?.state.phase;
      const content = [{ type: 'output_text' as const, text: block.text, annotations: [] as [] }];
      items.push({ type: 'message', role: 'assistant', content, ...(phase === undefined ? {} : { phase }) });
    }
    reasoning = [];
  }
  return items;
}

interface Remembered {
  state: ResponsesState;
  item: ReasoningItem | undefined;
}

/**
 * The reasoning in front of an item, as far as each has behind it what it had when it was made: the service refuses it
 * otherwise. What led to a search of the service's own, which does not go back, stays away too.
 */
function reasoningBefore(kind: 'message' | 'function_call', remembered: readonly Remembered[]): ReasoningItem[] {
  const kept: ReasoningItem[] = [];
  let next: string = kind;
  for (const { state, item } of remembered.toReversed()) {
    if (!item || state.next !== next) continue;
    kept.unshift(item);
    next = 'reasoning';
  }
  return kept;
}

function functionCall(call: ToolUseBlock, input: TurnInput): InputItem {
  return {
    type: 'function_call',
    call_id: callId(call.id, input),
    name: wireName(call.name),
    arguments: JSON.stringify(isJsonObject(call.input) ? call.input : {}),
  };
}

function userItems({ results, blocks }: UserTurn, input: TurnInput, warnings: string[]): InputItem[] {
  const outputs = results.map(
    (result): InputItem => ({
      type: 'function_call_output',
      call_id: callId(result.call.id, input),
      output: resultOutput(result, input, warnings),
    }),
  );
  const parts = blocks.map((block) => userPart(block, input, warnings));
  return parts.length === 0 ? outputs : [...outputs, message('user', parts)];
}

/** Images and files of a result stand in it. */
function resultOutput(
  { text, media, isError }: ToolOutcome,
  input: TurnInput,
  warnings: string[],
): string | InputPart[] {
  const said = isError && !/^error:/i.test(text) ? `Error: ${text}` : text;
  if (media.length === 0) return said;
  const parts = media.map((block) => mediaPart(block, input, warnings));
  return said === '' ? parts : [{ type: 'input_text', text: said }, ...parts];
}

function userPart(block: UserBlock, input: TurnInput, warnings: string[]): InputPart {
  return block.type === 'text' ? { type: 'input_text', text: block.text } : mediaPart(block, input, warnings);
}

function mediaPart(block: ImageBlock | DocumentBlock, input: TurnInput, warnings: string[]): InputPart {
  const { quirks, abilities } = input;
  const url = mediaUrl(block);
  if (block.type === 'image') {
    if (quirks.images && abilities.images !== false && url !== undefined) {
      return { type: 'input_image', detail: 'auto', image_url: url };
    }
    warn(warnings, 'images left out: the model takes none');
    return { type: 'input_text', text: omittedImage };
  }
  if (quirks.documents === 'file' && url !== undefined) {
    return block.source.type === 'base64'
      ? { type: 'input_file', filename: documentName(block), file_data: url }
      : { type: 'input_file', file_url: url };
  }
  warn(warnings, 'documents left out: the upstream takes none');
  return { type: 'input_text', text: omittedDocument(block) };
}

function message(role: 'user' | 'developer', content: InputPart[]): InputItem {
  return { type: 'message', role, content };
}

/** The id that pairs a call with its output: at most 64 characters. */
function callId(id: string, { quirks }: TurnInput): string {
  return quirks.toolIds === 'verbatim' ? originalToolId(id) : shortened(id, 64);
}
