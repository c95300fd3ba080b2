import { Failure } from '../../call/failure.ts';
import { ToolIds } from '../../dialects/shared/identifiers.ts';
import type { ContentBlock, InputMessage, TextBlock, ToolUseBlock } from '../../protocol/messages.ts';

/** The beginning of a conversation, and what follows it. */
export interface BuiltConversation {
  system: TextBlock[];
  messages: InputMessage[];
}

/**
 * Builds the messages of the Messages form from turns as OpenAI's clients send them: neighbours of a role become one
 * message, the results of calls stand first and directly behind their calls, the ids of calls are legal and unique.
 */
export class ConversationBuilder {
  readonly #system: TextBlock[] = [];
  readonly #messages: InputMessage[];
  readonly #results = new Map<string, ContentBlock>();
  readonly #ids: ToolIds;
  /** The ids in use by the client's own. */
  readonly #idOf = new Map<string, string>();
  readonly #unanswered = new Set<string>();

  /** `earlier` is a conversation that this one goes on from. */
  constructor(earlier: readonly InputMessage[] = []) {
    this.#messages = [...earlier];
    const calls = earlier.flatMap((message) => callsOf(message));
    this.#ids = new ToolIds('client', new Set(calls.map((call) => call.id)));
    for (const { id } of calls) {
      this.#idOf.set(id, id);
      this.#unanswered.add(id);
    }
    for (const id of earlier.flatMap(answeredIn)) this.#unanswered.delete(id);
  }

  /** Instructions: in front of everything they are the system text, later a system message in their place. */
  instruct(blocks: readonly ContentBlock[]): void {
    const texts = blocks.filter((block): block is TextBlock => block.type === 'text');
    if (texts.length === 0) return;
    if (this.#messages.length === 0) this.#system.push(...texts);
    else this.#messages.push({ role: 'system', content: texts });
  }

  user(blocks: readonly ContentBlock[]): void {
    if (blocks.length > 0) this.#messages.push({ role: 'user', content: [...blocks] });
  }

  assistant(blocks: readonly ContentBlock[]): void {
    if (blocks.length === 0) return;
    const content = blocks.map((block) => {
      if (block.type !== 'tool_use') return block;
      const given = String(block.id);
      const id = this.#ids.claim(given);
      this.#idOf.set(given, id);
      this.#unanswered.add(id);
      return { ...block, id };
    });
    this.#messages.push({ role: 'assistant', content });
  }

  /** The result of a call; of one that nobody made, or made twice, it stays where it came. */
  result(callId: string, blocks: readonly ContentBlock[]): void {
    const id = this.#idOf.get(callId) ?? this.#ids.claim(callId);
    const result: ContentBlock = { type: 'tool_result', tool_use_id: id, content: plain(blocks) };
    if (this.#unanswered.delete(id)) this.#results.set(id, result);
    else this.#messages.push({ role: 'user', content: [result] });
  }

  /** Throws Failure `malformed-request` where nothing was said at all. */
  finish(): BuiltConversation {
    const messages: InputMessage[] = [];
    for (const message of this.#messages) {
      add(messages, message);
      const results = callsOf(message).flatMap(({ id }) => this.#results.get(id) ?? []);
      if (results.length > 0) add(messages, { role: 'user', content: results });
    }
    if (messages.length > 0) return { system: this.#system, messages };
    // Some clients send all they have to say as instructions.
    const last = this.#system.at(-1);
    if (!last) throw new Failure('malformed-request', 'a message with content is required');
    return { system: this.#system.slice(0, -1), messages: [{ role: 'user', content: [last] }] };
  }
}

/** Texts alone are one string, as every upstream takes them. */
function plain(blocks: readonly ContentBlock[]): string | ContentBlock[] {
  const texts = blocks.filter(
    (block): block is TextBlock => block.type === 'text' && block.cache_control === undefined,
  );
  return texts.length === blocks.length ? texts.map((block) => block.text).join('\n') : [...blocks];
}

/** Adds a message; one of the role before it goes into that one. */
function add(messages: InputMessage[], message: InputMessage): void {
  const last = messages.at(-1);
  if (last?.role !== message.role || message.role === 'system') {
    messages.push(message);
    return;
  }
  messages[messages.length - 1] = { ...last, content: [...listOf(last.content), ...listOf(message.content)] };
}

function listOf(content: string | ContentBlock[]): ContentBlock[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}

function callsOf({ role, content }: InputMessage): ToolUseBlock[] {
  if (role !== 'assistant') return [];
  return listOf(content).filter((block): block is ToolUseBlock => block.type === 'tool_use');
}

function answeredIn({ role, content }: InputMessage): string[] {
  if (role !== 'user') return [];
  return listOf(content).flatMap((block) => (block.type === 'tool_result' ? [String(block.tool_use_id)] : []));
}
