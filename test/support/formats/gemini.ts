import {
  argumentsOf,
  type Format,
  type Frame,
  isObject,
  newId,
  pieces,
  piecesOf,
  type ReplyBlock,
  type ScriptedReply,
  stopOf,
  usageOf,
} from './format.ts';
import { newSignature, readGeminiRequest } from './gemini-request.ts';

/** Google's generateContent. The first call of each reply is signed, and its history refused without that signature. */
export const gemini: Format = {
  name: 'gemini',
  matches(path) {
    if (/\/v1beta\/models\/[^/:]+:(streamG|g)enerateContent$/.test(path)) return 'call';
    return /\/v1beta\/models\/[^/:]+:countTokens$/.test(path) ? 'count' : undefined;
  },
  credential: (headers) => headers['x-goog-api-key'] as string | undefined,
  read: readGeminiRequest,
  streamType: 'text/event-stream',
  frames(reply, asked) {
    const head = { modelVersion: asked.model, responseId: newId('r') };
    const frame = (parts: unknown[], output: boolean, finishReason?: string): Frame => {
      const candidate = { content: { role: 'model', parts }, ...(finishReason ? { finishReason } : {}), index: 0 };
      const usageMetadata = finishReason ? usage(reply) : { promptTokenCount: usageOf(reply).input };
      return { text: `data: ${JSON.stringify({ candidates: [candidate], usageMetadata, ...head })}\r\n\r\n`, output };
    };
    let signature: string | undefined = newSignature();
    const frames: Frame[] = [];
    for (const block of reply.blocks ?? []) {
      if (block.type === 'tool') {
        frames.push(...inPieces(frame([call(block, signature)], true), piecesOf(block).length));
        signature = undefined;
      } else for (const piece of piecesOf(block)) frames.push(frame([spoken(block, piece)], true));
    }
    return [...frames, frame([{ text: '' }], false, finishReasons[stopOf(reply)])];
  },
  whole(reply, asked) {
    const blocks = reply.blocks ?? [];
    const first = blocks.findIndex((block) => block.type === 'tool');
    const parts = blocks.map((block, index) => {
      if (block.type === 'tool') return call(block, index === first ? newSignature() : undefined);
      return spoken(block, block.type === 'text' ? block.text : block.thinking);
    });
    return {
      candidates: [{ content: { role: 'model', parts }, finishReason: finishReasons[stopOf(reply)], index: 0 }],
      usageMetadata: usage(reply),
      modelVersion: asked.model,
      responseId: newId('r'),
    };
  },
  errorBody(status, _type, message) {
    return { error: { code: status, message, status: statuses[status] ?? 'UNKNOWN' } };
  },
  countBody: (tokens) => ({ totalTokens: tokens }),
};

const finishReasons = {
  end: 'STOP',
  tool: 'STOP',
  max_tokens: 'MAX_TOKENS',
  stop_sequence: 'STOP',
  refusal: 'SAFETY',
};

const statuses: Record<number, string> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

/** A call comes whole, in one event: only its bytes come in pieces. */
function inPieces({ text, output }: Frame, count: number): Frame[] {
  return pieces(text, Math.ceil(text.length / Math.max(1, count))).map((piece) => ({ text: piece, output }));
}

function spoken(block: ReplyBlock, text: string) {
  return block.type === 'thinking' ? { text, thought: true } : { text };
}

/** Arguments are an object on this wire: what is no JSON can't be sent. */
function call(block: Extract<ReplyBlock, { type: 'tool' }>, thoughtSignature: string | undefined) {
  const args = parsedObject(argumentsOf(block));
  return {
    functionCall: { ...(block.id === undefined ? {} : { id: block.id }), name: block.name, args },
    ...(thoughtSignature === undefined ? {} : { thoughtSignature }),
  };
}

function parsedObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function usage(reply: ScriptedReply) {
  const { input, cached, output, reasoning } = usageOf(reply);
  return {
    promptTokenCount: input,
    ...(cached > 0 ? { cachedContentTokenCount: cached } : {}),
    candidatesTokenCount: output - reasoning,
    ...(reasoning > 0 ? { thoughtsTokenCount: reasoning } : {}),
    totalTokenCount: input + output,
  };
}
