import {
  type Format,
  type Frame,
  pieces,
  piecesOf,
  type ReplyBlock,
  type ScriptedReply,
  stopOf,
  usageOf,
} from './format.ts';
import { readOllamaRequest } from './ollama-request.ts';

/** Ollama's native chat: a line of JSON for each piece, tool calls whole and without ids unless the script gives one. */
export const ollama: Format = {
  name: 'ollama',
  matches: (path) => (/\/api\/chat$/.test(path) ? 'call' : undefined),
  credential: (headers) => /^Bearer (.+)$/.exec(String(headers.authorization ?? ''))?.[1],
  read: readOllamaRequest,
  streamType: 'application/x-ndjson',
  frames(reply, asked) {
    const line = (message: object, output: boolean): Frame =>
      frame({ ...head(asked.model), message: { role: 'assistant', content: '', ...message }, done: false }, output);
    const frames = (reply.blocks ?? []).flatMap((block) => {
      if (block.type === 'tool') return piecesOfLine(line({ tool_calls: [toolCall(block)] }, true));
      const field = block.type === 'text' ? 'content' : 'thinking';
      return piecesOf(block).map((piece) => line({ [field]: piece }, true));
    });
    const message = { role: 'assistant', content: '' };
    return [...frames, frame({ ...head(asked.model), message, ...ending(reply) }, false)];
  },
  whole(reply, asked) {
    const blocks = reply.blocks ?? [];
    const thinking = blocks.map((block) => (block.type === 'thinking' ? block.thinking : '')).join('');
    const calls = blocks.flatMap((block) => (block.type === 'tool' ? [toolCall(block)] : []));
    const message = {
      role: 'assistant',
      content: blocks.map((block) => (block.type === 'text' ? block.text : '')).join(''),
      ...(thinking === '' ? {} : { thinking }),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    };
    return { ...head(asked.model), message, ...ending(reply) };
  },
  errorBody: (_status, _type, message) => ({ error: message }),
  countBody: () => ({}),
};

function head(model: string) {
  return { model, created_at: '2026-11-24T00:00:00.000000Z' };
}

/** There are two reasons: the model stopped, whyever, or it had to. */
function ending(reply: ScriptedReply) {
  const { input, output } = usageOf(reply);
  return {
    ...{ done: true, done_reason: stopOf(reply) === 'max_tokens' ? 'length' : 'stop' },
    ...{ total_duration: 1000, load_duration: 100, prompt_eval_count: input, prompt_eval_duration: 100 },
    ...{ eval_count: output, eval_duration: 800 },
  };
}

function frame(value: unknown, output: boolean): Frame {
  return { text: `${JSON.stringify(value)}\n`, output };
}

/** The line of a tool call in the pieces in which a network may bring it. */
function piecesOfLine({ text, output }: Frame): Frame[] {
  return pieces(text, 12).map((piece) => ({ text: piece, output }));
}

/** Arguments are an object; text that is none is what a model wrote and a server handed on. */
function toolCall(block: Extract<ReplyBlock, { type: 'tool' }>) {
  const { id, name, input, raw } = block;
  return { ...(id === undefined ? {} : { id }), function: { name, arguments: parsed(raw) ?? raw ?? input } };
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
