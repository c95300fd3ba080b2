import { type InputMessage, isJsonObject } from '../../protocol/messages.ts';
import type { EncodeInput, ModelAbilities } from '../dialect.ts';
import { readTurns, type Turn } from './conversation.ts';
import { Memo } from './memo.ts';
import { warn } from './warnings.ts';
import { WrittenList, writtenElements } from './written-json.ts';

/** All that the translation of turns may depend on beside them: what is made of them is remembered by it. */
export interface TurnInput extends Pick<EncodeInput, 'provider' | 'model' | 'quirks'> {
  abilities: Pick<ModelAbilities, 'images'>;
}

/** Where in the conversation turns stand. */
export interface Edge {
  isFirst: boolean;
  isLast: boolean;
  /** What the first turn of the user is to begin with; nothing anywhere else. */
  lead: readonly string[];
}

/** Writes the turns of a stretch in a dialect's form, as elements of one list. */
export type EncodeTurns<Item extends object> = (
  turns: readonly Turn[],
  input: TurnInput,
  edge: Edge,
  warnings: string[],
) => Item[];

export interface EncodedTurns<Item> {
  list: WrittenList;
  /** The last element, where the last stretch has any. */
  last: Item | undefined;
}

/**
 * Writes a conversation in a dialect's form, stretch by stretch. A stretch that an earlier call held, message for message,
 * is not read again: its bytes are remembered as long as its first message lives. Not the last one: its messages change
 * with the next call.
 */
export function encodeStretches<Item extends object>(
  { messages, index }: { messages: readonly InputMessage[]; index: number },
  input: TurnInput,
  encodeTurns: EncodeTurns<Item>,
  lead: readonly string[],
  warnings: string[],
): EncodedTurns<Item> {
  const starts = [0, ...stretchStarts(messages)];
  let last: Item | undefined;
  const parts = starts.map((start, position) => {
    const stretch = messages.slice(start, starts[position + 1]);
    const isFirst = position === 0;
    const edge = { isFirst, isLast: position === starts.length - 1, lead: isFirst ? lead : [] };
    const encode = (): Stretch => {
      const own: string[] = [];
      const items = encodeTurns(readTurns(stretch, index + start, own), input, edge, own);
      if (edge.isLast) last = items.at(-1);
      return { bytes: writtenElements(items), warnings: own };
    };
    const { bytes, warnings: own } = edge.isLast ? encode() : remembered(stretch, input, encodeTurns, edge, encode);
    for (const line of own) warn(warnings, line);
    return bytes;
  });
  return { list: new WrittenList(parts), last };
}

interface Stretch {
  bytes: Buffer;
  warnings: readonly string[];
}

const stretches = new Memo<Stretch>();

function remembered(
  stretch: readonly InputMessage[],
  { provider, model, quirks, abilities }: TurnInput,
  encodeTurns: unknown,
  { isFirst, lead }: Edge,
  encode: () => Stretch,
): Stretch {
  const dependencies = [encodeTurns, provider, model, quirks, abilities.images, isFirst, ...lead, ...stretch];
  return stretches.get(stretch[0]!, dependencies, encode);
}

/**
 * Where stretches begin behind the first one: at an answer of the assistant's that is sure to be sent, behind something of
 * the user's that is sure to be. So neither results and their calls nor turns that are merged ever stand in two of them.
 */
function stretchStarts(messages: readonly InputMessage[]): number[] {
  const starts: number[] = [];
  for (const [index, message] of messages.entries()) {
    if (message.role !== 'assistant' || !holds(message, isSpoken)) continue;
    let before = index - 1;
    while (messages[before]?.role === 'system') before -= 1;
    if (messages[before]?.role === 'user' && holds(messages[before]!, isAsked)) starts.push(index);
  }
  return starts;
}

function holds({ content }: InputMessage, isSent: (block: Record<string, unknown>) => boolean): boolean {
  if (typeof content === 'string') return content !== '';
  return Array.isArray(content) && content.some((block) => isJsonObject(block) && isSent(block));
}

function isSpoken(block: Record<string, unknown>): boolean {
  return isText(block) || (block.type === 'tool_use' && typeof block.id === 'string' && typeof block.name === 'string');
}

function isAsked(block: Record<string, unknown>): boolean {
  return isText(block) || block.type === 'tool_result';
}

function isText({ type, text }: Record<string, unknown>): boolean {
  return type === 'text' && typeof text === 'string' && text !== '';
}
