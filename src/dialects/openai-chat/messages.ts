import type { DocumentBlock, ImageBlock, TextBlock, ToolUseBlock } from '../../protocol/messages.ts';
import { isJsonObject } from '../../protocol/messages.ts';
import type { EncodeInput } from '../dialect.ts';
import type { AssistantTurn, OpenedConversation, ToolOutcome, UserBlock, UserTurn } from '../shared/conversation.ts';
import { documentName, mediaUrl, omittedDocument, omittedImage } from '../shared/media.ts';
import { type EncodedTurns, type EncodeTurns, encodeStretches, type TurnInput } from '../shared/stretches.ts';
import { wireName } from '../shared/tools.ts';
import { warn } from '../shared/warnings.ts';
import { WrittenList, writtenElements } from '../shared/written-json.ts';
import { replayReasoning } from './replay.ts';
import { wireToolId } from './tool-ids.ts';
import type { AssistantMessage, ChatMessage, ChatPart, ToolCall } from './wire.ts';

/** The conversation as chat messages; the same beginning always gives the same messages. `hints` end the system text. */
export function encodeMessages(
  conversation: OpenedConversation,
  hints: readonly string[],
  input: EncodeInput,
  warnings: string[],
): EncodedTurns<ChatMessage> {
  const { systemRole: role } = input.quirks;
  const parts = systemParts(conversation.system, hints, input);
  const joined = parts.map((part) => part.text).join('\n\n');
  const lead = role === 'none' && parts.length > 0 ? [joined] : [];
  const { list, last } = encodeStretches(conversation, input, encodeTurns, lead, warnings);
  if (role === 'none' || parts.length === 0) return { list, last };
  const content = parts.some((part) => part.cache_control) ? parts : joined;
  return { list: new WrittenList([writtenElements([{ role, content }]), ...list.parts]), last };
}

function systemParts(blocks: readonly TextBlock[], hints: readonly string[], input: TurnInput): TextPart[] {
  return [...blocks.map((block) => textPart(block, input)), ...hints.map((text): TextPart => ({ type: 'text', text }))];
}

/** Turns that stand together in this form, without the system text. */
export const encodeTurns: EncodeTurns<ChatMessage> = (turns, input, { isLast, lead }, warnings) => {
  const messages = new MessageList(input, lead, warnings);
  for (const turn of turns) {
    if (turn.role === 'system') messages.addInstruction(turn.text);
    else if (turn.role === 'assistant') messages.addAssistant(turn);
    else messages.addUser(turn);
  }
  return messages.finish(isLast && turns.at(-1)?.role === 'assistant');
};

/** Collects messages; neighbouring user texts become one message. */
class MessageList {
  readonly #input: TurnInput;
  readonly #warnings: string[];
  readonly #messages: ChatMessage[] = [];
  /** Texts and media of the user message that is being collected. */
  #user: ChatPart[];

  constructor(input: TurnInput, lead: readonly string[], warnings: string[]) {
    this.#input = input;
    this.#warnings = warnings;
    this.#user = lead.map((text) => ({ type: 'text', text }));
  }

  /** A system message in mid-conversation. */
  addInstruction(text: string): void {
    const { midConversationSystem: role } = this.#input.quirks;
    if (role === 'reminder') {
      this.#user.push({ type: 'text', text: `<system-reminder>\n${text}\n</system-reminder>` });
      return;
    }
    this.#closeUser();
    this.#messages.push({ role, content: text });
  }

  addAssistant({ blocks }: AssistantTurn): void {
    const { quirks } = this.#input;
    const texts = blocks.filter((block): block is TextBlock => block.type === 'text');
    const { fields, callExtras } = replayReasoning(blocks, this.#input);
    const calls = blocks.filter((block): block is ToolUseBlock => block.type === 'tool_use');
    if (texts.length === 0 && calls.length === 0) return;
    this.#closeUser();
    const nothing = quirks.emptyContent === 'null' ? null : '';
    const message: AssistantMessage = {
      role: 'assistant',
      content: texts.length === 0 ? nothing : this.#assistantContent(texts),
      ...fields,
    };
    if (calls.length > 0) {
      message.tool_calls = calls.map((call, index) => this.#toolCall(call, callExtras[index]));
    }
    this.#messages.push(message);
  }

  addUser({ results, blocks }: UserTurn): void {
    const attached: ChatPart[] = [];
    if (results.length > 0) this.#closeUser();
    for (const result of results) this.#addResult(result, attached);
    const bridged = results.length > 0 && this.#input.quirks.userAfterTools === 'bridged';
    if (bridged && (attached.length > 0 || blocks.length > 0)) {
      this.#messages.push({ role: 'assistant', content: 'Understood.' });
    }
    this.#user.push(...attached);
    for (const block of blocks) this.#user.push(this.#userPart(block));
  }

  /** All messages; a last one of the assistant's is arranged to be continued. */
  finish(endsWithAssistant: boolean): ChatMessage[] {
    this.#closeUser();
    const last = this.#messages.at(-1);
    if (!endsWithAssistant || last?.role !== 'assistant' || last.tool_calls) return this.#messages;
    const { prefill } = this.#input.quirks;
    if (prefill === 'prefix') last.prefix = true;
    if (prefill !== 'ask') return this.#messages;
    // Too little to be asked to go on with: the model begins anew.
    if (typeof last.content === 'string' && /^\s*[[{(]?\s*$/.test(last.content)) this.#messages.pop();
    else this.#messages.push({ role: 'user', content: 'Continue from exactly where your last message stopped.' });
    return this.#messages;
  }

  #closeUser(): void {
    if (this.#user.length === 0) return;
    this.#messages.push({ role: 'user', content: this.#userContent(this.#user) });
    this.#user = [];
  }

  #userContent(parts: ChatPart[]): string | ChatPart[] {
    const { userText, cacheControl } = this.#input.quirks;
    if (cacheControl && parts.some((part) => part.cache_control)) return parts;
    const texts = parts.filter((part) => part.type === 'text').map((part) => part.text);
    if (texts.length < parts.length) return parts;
    return texts.length === 1 || userText === 'joined' ? texts.join('\n') : parts;
  }

  #assistantContent(texts: TextBlock[]): string | ChatPart[] {
    const parts = texts.map((block) => textPart(block, this.#input));
    return parts.some((part) => part.cache_control) ? parts : parts.map((part) => part.text).join('');
  }

  #toolCall(call: ToolUseBlock, extra: unknown): ToolCall {
    return {
      id: wireToolId(call.id, this.#input.quirks.toolIds),
      type: 'function',
      function: { name: wireName(call.name), arguments: JSON.stringify(isJsonObject(call.input) ? call.input : {}) },
      ...(isJsonObject(extra) ? { extra_content: extra } : {}),
    };
  }

  /** A result takes text alone; its media follow in a user message. */
  #addResult(result: ToolOutcome, attached: ChatPart[]): void {
    const texts = result.text === '' ? [] : [result.text];
    const media: ChatPart[] = [];
    for (const block of result.media) {
      const part = this.#mediaPart(block);
      if (part.type === 'text') texts.push(part.text);
      else {
        media.push(part);
        const before = attached.filter((other) => other.type === part.type).length;
        const kept = media.filter((other) => other.type === part.type).length;
        texts.push(`[see attached ${part.type === 'file' ? 'document' : 'image'} ${before + kept}]`);
      }
    }
    const id = wireToolId(result.call.id, this.#input.quirks.toolIds);
    if (media.length > 0) {
      const what = media.every((part) => part.type === 'image_url') ? 'Image(s)' : 'File(s)';
      attached.push({ type: 'text', text: `${what} returned by tool ${result.call.name} (id ${id}):` }, ...media);
    }
    const text = texts.join('\n');
    const said = result.isError && !/^error:/i.test(text) ? `Error: ${text}` : text;
    const marked = this.#input.quirks.cacheControl && result.cacheControl;
    const content = marked
      ? [textPart({ type: 'text', text: said, cache_control: result.cacheControl }, this.#input)]
      : said;
    this.#messages.push({ role: 'tool', tool_call_id: id, content });
  }

  #userPart(block: UserBlock): ChatPart {
    const part = block.type === 'text' ? textPart(block, this.#input) : this.#mediaPart(block);
    return this.#input.quirks.cacheControl && block.cache_control
      ? { ...part, cache_control: block.cache_control }
      : part;
  }

  #mediaPart(block: ImageBlock | DocumentBlock): ChatPart {
    const { quirks, abilities } = this.#input;
    const url = mediaUrl(block);
    if (block.type === 'image') {
      if (quirks.images && abilities.images !== false && url !== undefined)
        return { type: 'image_url', image_url: { url } };
      warn(this.#warnings, 'images left out: the model takes none');
      return { type: 'text', text: omittedImage };
    }
    if (quirks.documents === 'file' && url !== undefined && block.source.type === 'base64') {
      return { type: 'file', file: { filename: documentName(block), file_data: url } };
    }
    const what = quirks.documents === 'file' ? 'documents at an address' : 'documents';
    warn(this.#warnings, `${what} left out: the upstream takes none`);
    return { type: 'text', text: omittedDocument(block) };
  }
}

function textPart({ text, cache_control: mark }: TextBlock, { quirks }: TurnInput): TextPart {
  return quirks.cacheControl && mark ? { type: 'text', text, cache_control: mark } : { type: 'text', text };
}

type TextPart = Extract<ChatPart, { type: 'text' }>;
