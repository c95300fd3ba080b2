import { isJsonObject, type TextBlock, type ToolUseBlock } from '../../protocol/messages.ts';
import type { EncodeInput } from '../dialect.ts';
import type {
  AssistantBlock,
  AssistantTurn,
  OpenedConversation,
  ToolOutcome,
  UserTurn,
} from '../shared/conversation.ts';
import { isOwnReasoning, unpackReasoning } from '../shared/reasoning-state.ts';
import { type EncodeTurns, encodeStretches, type TurnInput } from '../shared/stretches.ts';
import { wireName } from '../shared/tools.ts';
import { WrittenList, writtenElements } from '../shared/written-json.ts';
import { contentOf, type OllamaContent } from './content.ts';
import type { OllamaMessage, OllamaToolCall } from './wire.ts';

/** The conversation as messages; the same beginning always gives the same messages. `hints` end the system text. */
export function encodeMessages(
  conversation: OpenedConversation,
  hints: readonly string[],
  input: EncodeInput,
  warnings: string[],
): WrittenList {
  const { list } = encodeStretches(conversation, input, encodeTurns, [], warnings);
  const texts = [...conversation.system.map((block) => block.text), ...hints];
  if (texts.length === 0) return list;
  return new WrittenList([writtenElements([{ role: 'system', content: texts.join('\n\n') }]), ...list.parts]);
}

/** Turns that stand together in this form, without the system text. */
export const encodeTurns: EncodeTurns<OllamaMessage> = (turns, input, _edge, warnings) => {
  const messages = new MessageList(input, warnings);
  for (const turn of turns) {
    if (turn.role === 'system') messages.addInstruction(turn.text);
    else if (turn.role === 'assistant') messages.addAssistant(turn);
    else messages.addUser(turn);
  }
  return messages.finish();
};

/** A system message in mid-conversation, as a part of the user's message beside it. */
export function reminder(text: string): string {
  return `<system-reminder>\n${text}\n</system-reminder>`;
}

/** What a tool answered, as text; an error says that it is one. */
export function resultText({ text, isError }: ToolOutcome): string {
  return isError && !/^error:/i.test(text) ? `Error: ${text}` : text;
}

/** Collects messages; neighbouring user texts become one message. */
class MessageList {
  readonly #input: TurnInput;
  readonly #warnings: string[];
  readonly #messages: OllamaMessage[] = [];
  /** The user message that is being collected. */
  #user: OllamaContent = { texts: [], images: [] };

  constructor(input: TurnInput, warnings: string[]) {
    this.#input = input;
    this.#warnings = warnings;
  }

  addInstruction(text: string): void {
    if (this.#input.quirks.midConversationSystem === 'reminder') {
      this.#user.texts.push(reminder(text));
      return;
    }
    this.#closeUser();
    this.#messages.push({ role: 'system', content: text });
  }

  addAssistant({ blocks }: AssistantTurn): void {
    const texts = blocks.filter((block): block is TextBlock => block.type === 'text');
    const calls = blocks.filter((block): block is ToolUseBlock => block.type === 'tool_use');
    if (texts.length === 0 && calls.length === 0) return;
    this.#closeUser();
    const thinking = ownThinking(blocks, this.#input);
    this.#messages.push({
      role: 'assistant',
      content: texts.map((block) => block.text).join(''),
      ...(thinking === '' ? {} : { thinking }),
      ...(calls.length === 0 ? {} : { tool_calls: calls.map(toolCall) }),
    });
  }

  addUser({ results, blocks }: UserTurn): void {
    if (results.length > 0) this.#closeUser();
    for (const result of results) this.#addResult(result);
    const { texts, images } = contentOf(blocks, this.#input, this.#warnings);
    this.#user.texts.push(...texts);
    this.#user.images.push(...images);
  }

  finish(): OllamaMessage[] {
    this.#closeUser();
    return this.#messages;
  }

  #addResult(result: ToolOutcome): void {
    const { texts, images } = contentOf(result.media, this.#input, this.#warnings);
    const said = resultText(result);
    this.#messages.push({
      role: 'tool',
      content: [...(said === '' ? [] : [said]), ...texts].join('\n'),
      tool_name: wireName(result.call.name),
      tool_call_id: result.call.id,
      ...(images.length === 0 ? {} : { images }),
    });
  }

  #closeUser(): void {
    const { texts, images } = this.#user;
    if (texts.length === 0 && images.length === 0) return;
    this.#messages.push({ role: 'user', content: texts.join('\n'), ...(images.length === 0 ? {} : { images }) });
    this.#user = { texts: [], images: [] };
  }
}

function toolCall(call: ToolUseBlock): OllamaToolCall {
  return {
    id: call.id,
    function: { name: wireName(call.name), arguments: isJsonObject(call.input) ? call.input : {} },
  };
}

/** What the model thought itself; templates take of it what belongs to the current loop of tool calls. */
function ownThinking(blocks: readonly AssistantBlock[], { quirks, provider, model }: TurnInput): string {
  if (quirks.reasoningReplay === 'none') return '';
  const own = blocks.map((block) => {
    const minted = block.type === 'thinking' ? unpackReasoning(block.signature) : undefined;
    return minted && block.type === 'thinking' && isOwnReasoning(minted, provider, model) ? block.thinking : '';
  });
  return own.join('');
}
