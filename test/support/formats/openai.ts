import {
  argumentsOf,
  type Format,
  type Frame,
  newId,
  piecesOf,
  type ReplyBlock,
  type ScriptedReply,
  stopOf,
  usageOf,
} from './format.ts';
import { readOpenAiRequest } from './openai-request.ts';

/** OpenAI Chat Completions. Thinking travels as `reasoning_content`, as most servers that have it send it. */
export const openai: Format = {
  name: 'openai',
  matches: (path) => (/\/chat\/completions$/.test(path) ? 'call' : undefined),
  credential: (headers) => /^Bearer (.+)$/.exec(String(headers.authorization ?? ''))?.[1],
  read: readOpenAiRequest,
  streamType: 'text/event-stream',
  frames(reply, asked) {
    const id = newId('chatcmpl-');
    const head = { id, object: 'chat.completion.chunk', created: 1_790_000_000, model: asked.model };
    const chunk = (delta: unknown, output = false, finish: string | null = null): Frame =>
      data({ ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] }, output);
    const frames = [chunk({ role: 'assistant', content: '' })];
    let toolIndex = 0;
    for (const block of reply.blocks ?? []) {
      if (block.type !== 'tool') {
        const field = block.type === 'text' ? 'content' : 'reasoning_content';
        for (const piece of piecesOf(block)) frames.push(chunk({ [field]: piece }, true));
        continue;
      }
      const index = toolIndex++;
      frames.push(chunk({ tool_calls: [{ index, ...toolCall(block, '') }] }));
      for (const piece of piecesOf(block)) {
        frames.push(chunk({ tool_calls: [{ index, function: { arguments: piece } }] }, true));
      }
    }
    frames.push(chunk({}, false, finishReasons[stopOf(reply)]));
    if (asked.wantsUsage) frames.push(data({ ...head, choices: [], usage: usage(reply) }, false));
    return [...frames, { text: 'data: [DONE]\n\n', output: false }];
  },
  whole(reply, asked) {
    const blocks = reply.blocks ?? [];
    const text = blocks.map((block) => (block.type === 'text' ? block.text : '')).join('');
    const reasoning = blocks.map((block) => (block.type === 'thinking' ? block.thinking : '')).join('');
    const calls = blocks.flatMap((block) => (block.type === 'tool' ? [toolCall(block, argumentsOf(block))] : []));
    const message = {
      role: 'assistant',
      content: text === '' ? null : text,
      ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    };
    return {
      id: newId('chatcmpl-'),
      object: 'chat.completion',
      created: 1_790_000_000,
      model: asked.model,
      choices: [{ index: 0, message, logprobs: null, finish_reason: finishReasons[stopOf(reply)] }],
      usage: usage(reply),
    };
  },
  errorBody(status, type, message) {
    const code = status === 429 ? 'rate_limit_exceeded' : status === 401 ? 'invalid_api_key' : null;
    return {
      error: { message, type: type ?? (status < 500 ? 'invalid_request_error' : 'server_error'), param: null, code },
    };
  },
  countBody: () => ({}),
};

const finishReasons = {
  end: 'stop',
  tool: 'tool_calls',
  max_tokens: 'length',
  stop_sequence: 'stop',
  refusal: 'content_filter',
};

function data(value: unknown, output: boolean): Frame {
  return { text: `data: ${JSON.stringify(value)}\n\n`, output };
}

function toolCall(block: Extract<ReplyBlock, { type: 'tool' }>, args: string) {
  return { id: block.id ?? newId('call_'), type: 'function', function: { name: block.name, arguments: args } };
}

function usage(reply: ScriptedReply) {
  const { input, cached, output, reasoning } = usageOf(reply);
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: reasoning },
  };
}
