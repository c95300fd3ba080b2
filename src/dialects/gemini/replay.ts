import { isJsonObject, type ToolUseBlock } from '../../protocol/messages.ts';
import type { AssistantBlock } from '../shared/conversation.ts';
import type { TurnInput } from '../shared/stretches.ts';
import { functionName } from './function-names.ts';
import { readCallId, type Signatures, type SignedStretch, signatureStandIn, signaturesOf } from './signatures.ts';
import type { Part } from './wire.ts';

/**
 * An assistant turn as parts, each thought signature on the part it came with. The first call of a turn is refused
 * without one: a stand-in takes its place where the turn came from elsewhere.
 */
export function assistantParts(blocks: readonly AssistantBlock[], input: TurnInput): Part[] {
  const drafts: Draft[] = [];
  let ahead: Signatures = {};
  for (const block of blocks) {
    if (block.type === 'text') {
      const { text: signed, ...rest } = ahead;
      drafts.push({ text: block.text, signed: signed ? [[0, ...signed]] : [] });
      ahead = rest;
    } else if (block.type === 'tool_use') {
      const { call, ...rest } = ahead;
      drafts.push(signedPart(callPart(block, input), call ?? readCallId(block.id, input).signature));
      ahead = rest;
    } else {
      const own = signaturesOf(block, input);
      if (!own) continue;
      for (const stretch of own.before ?? []) lastText(drafts)?.signed.push(stretch);
      if (own.thought && block.type === 'thinking') {
        drafts.push(signedPart({ text: block.thinking, thought: true }, own.thought));
      }
      for (const signature of own.empty ?? []) drafts.push(signedPart({ text: '' }, signature));
      ahead = own;
    }
  }
  const parts = drafts.flatMap((draft) => ('signed' in draft ? textParts(draft) : [draft]));
  return input.quirks.callSignatures === 'required' ? withSignedCall(parts) : parts;
}

/** The id of a call and of its result, as upstream knows it; nothing where it knows none. */
export function callId(id: string, input: TurnInput): { id?: string } {
  return input.quirks.callIds ? { id: readCallId(id, input).id } : {};
}

type Draft = Part | DraftText;

interface DraftText {
  text: string;
  signed: SignedStretch[];
}

function lastText(drafts: readonly Draft[]): DraftText | undefined {
  return drafts.findLast((draft): draft is DraftText => 'signed' in draft);
}

/** A text as the parts it came in: signed stretches are parts of their own. */
function textParts({ text, signed }: DraftText): Part[] {
  const parts: Part[] = [];
  let position = 0;
  for (const [start, length, signature] of signed.toSorted((one, other) => one[0] - other[0])) {
    if (start > position) parts.push({ text: text.slice(position, start) });
    position = Math.max(position, start);
    parts.push({ text: text.slice(position, position + length), thoughtSignature: signature });
    position += length;
  }
  if (position < text.length) parts.push({ text: text.slice(position) });
  return parts;
}

function callPart(call: ToolUseBlock, input: TurnInput): Part {
  const args = isJsonObject(call.input) ? call.input : {};
  return { functionCall: { ...callId(call.id, input), name: functionName(call.name), args } };
}

function signedPart(part: Part, thoughtSignature: string | undefined): Part {
  return thoughtSignature === undefined ? part : { ...part, thoughtSignature };
}

function withSignedCall(parts: Part[]): Part[] {
  const first = parts.findIndex((part) => 'functionCall' in part);
  const call = parts[first];
  if (!call || call.thoughtSignature !== undefined) return parts;
  return parts.with(first, signedPart(call, signatureStandIn));
}
