import type { DocumentBlock, ImageBlock } from '../../protocol/messages.ts';
import type { EncodeInput } from '../dialect.ts';
import type { OpenedConversation, ToolOutcome, UserTurn } from '../shared/conversation.ts';
import { type Edge, type EncodeTurns, encodeStretches, type TurnInput } from '../shared/stretches.ts';
import { functionName } from './function-names.ts';
import { mediaPart } from './media.ts';
import { assistantParts, callId } from './replay.ts';
import type { Content, GenerateContentRequest, MediaPart, Part } from './wire.ts';

/** The conversation as contents; the same beginning always gives the same contents. `hints` end the system text. */
export function encodeContents(
  conversation: OpenedConversation,
  hints: readonly string[],
  input: EncodeInput,
  warnings: string[],
): Pick<GenerateContentRequest, 'contents' | 'systemInstruction'> {
  const instructions = [...conversation.system.map((block) => block.text), ...hints];
  const inFirstText = input.quirks.systemRole === 'none';
  const lead = inFirstText ? instructions : [];
  return {
    contents: encodeStretches(conversation, input, encodeTurns, lead, warnings).list,
    ...(instructions.length > 0 && !inFirstText ? { systemInstruction: { parts: textParts(instructions) } } : {}),
  };
}

/** Turns that stand together in this form, without the system text. */
export const encodeTurns: EncodeTurns<Content> = (turns, input, edge, warnings) => {
  const contents = new ContentList(edge);
  contents.add('user', textParts(edge.lead));
  for (const turn of turns) {
    if (turn.role === 'system') contents.add('user', [{ text: `<system-reminder>\n${turn.text}\n</system-reminder>` }]);
    else if (turn.role === 'assistant') contents.add('model', assistantParts(turn.blocks, input));
    else contents.add('user', userParts(turn, input, warnings));
  }
  return edge.isLast ? contents.finish(input.quirks.prefill === 'ask') : contents.all;
};

function textParts(texts: readonly string[]): Part[] {
  return texts.map((text) => ({ text }));
}

/** Contents in turns of the user and the model, the first of all the user's. */
class ContentList {
  readonly all: Content[] = [];
  readonly #edge: Edge;

  constructor(edge: Edge) {
    this.#edge = edge;
  }

  add(role: Content['role'], parts: Part[]): void {
    if (parts.length === 0) return;
    const last = this.all.at(-1);
    if (last?.role === role) last.parts.push(...parts);
    else {
      if (!last && role === 'model' && this.#edge.isFirst) this.all.push({ role: 'user', parts: [{ text: opening }] });
      this.all.push({ role, parts });
    }
  }

  /** A last content of the model's is continued natively, or asked to be continued. */
  finish(askToContinue: boolean): Content[] {
    if (this.all.length === 0) this.add('user', [{ text: opening }]);
    if (askToContinue && this.all.at(-1)?.role === 'model') this.add('user', [{ text: 'Continue.' }]);
    return this.all;
  }
}

/** Stands where the user must have said something, and has not. */
const opening = 'Begin.';

function userParts({ results, blocks }: UserTurn, input: TurnInput, warnings: string[]): Part[] {
  const behind: Part[] = [];
  const responses = results.map((result) => responsePart(result, behind, input, warnings));
  const said = blocks.map((block): Part => {
    return block.type === 'text' ? { text: block.text } : mediaPart(block, input, warnings);
  });
  return [...responses, ...behind, ...said];
}

/** A result; media that can't stand inside it go `behind` all results. */
function responsePart(result: ToolOutcome, behind: Part[], input: TurnInput, warnings: string[]): Part {
  const name = functionName(result.call.name);
  const { media, notes } = mediaOf(result.media, input, warnings);
  const inside = input.quirks.resultMedia === 'inside';
  if (media.length > 0 && !inside) {
    notes.push('(see the attachment)');
    behind.push({ text: `Returned by ${name}:` }, ...media);
  }
  const text = [result.text, ...notes].filter((line) => line !== '').join('\n');
  return {
    functionResponse: {
      ...callId(result.call.id, input),
      name,
      response: { [result.isError ? 'error' : 'output']: text },
      ...(media.length > 0 && inside ? { parts: media } : {}),
    },
  };
}

function mediaOf(blocks: readonly (ImageBlock | DocumentBlock)[], input: TurnInput, warnings: string[]) {
  const media: MediaPart[] = [];
  const notes: string[] = [];
  for (const block of blocks) {
    const part = mediaPart(block, input, warnings);
    if ('text' in part) notes.push(part.text);
    else media.push(part);
  }
  return { media, notes };
}
