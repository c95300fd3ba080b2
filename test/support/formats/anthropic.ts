import { readAnthropicRequest } from './anthropic-request.ts';
import {
  type Format,
  type Frame,
  newId,
  piecesOf,
  type ReplyBlock,
  type ScriptedReply,
  stopOf,
  usageOf,
} from './format.ts';

/** Anthropic Messages. */
export const anthropic: Format = {
  name: 'anthropic',
  matches(path) {
    if (/\/messages\/count_tokens$/.test(path)) return 'count';
    return /\/messages$/.test(path) ? 'call' : undefined;
  },
  credential(headers) {
    const key = headers['x-api-key'] ?? String(headers.authorization ?? '').replace(/^Bearer /, '');
    return key === '' ? undefined : String(key);
  },
  read: readAnthropicRequest,
  streamType: 'text/event-stream',
  frames(reply, asked) {
    const frames: Frame[] = [
      event({
        type: 'message_start',
        message: {
          id: newId('msg_'),
          type: 'message',
          role: 'assistant',
          model: asked.model,
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { ...usage(reply), output_tokens: 1 },
        },
      }),
    ];
    (reply.blocks ?? []).forEach((block, index) => {
      frames.push(event({ type: 'content_block_start', index, content_block: startOf(block) }));
      for (const delta of deltasOf(block)) frames.push(event({ type: 'content_block_delta', index, delta }, true));
      if (block.type === 'thinking') {
        const delta = { type: 'signature_delta', signature: 'c2lnbmF0dXJl' };
        frames.push(event({ type: 'content_block_delta', index, delta }));
      }
      frames.push(event({ type: 'content_block_stop', index }));
    });
    const delta = { stop_reason: stopReasons[stopOf(reply)], stop_sequence: reply.stopSequence ?? null };
    frames.push(event({ type: 'message_delta', delta, usage: usage(reply) }), event({ type: 'message_stop' }));
    return frames;
  },
  whole(reply, asked) {
    return {
      id: newId('msg_'),
      type: 'message',
      role: 'assistant',
      model: asked.model,
      content: (reply.blocks ?? []).map(wholeBlock),
      stop_reason: stopReasons[stopOf(reply)],
      stop_sequence: reply.stopSequence ?? null,
      usage: usage(reply),
    };
  },
  errorBody(status, type, message) {
    return {
      type: 'error',
      error: { type: type ?? errorTypes[status] ?? 'api_error', message },
      request_id: newId('req_'),
    };
  },
  countBody: (tokens) => ({ input_tokens: tokens }),
};

const stopReasons = {
  end: 'end_turn',
  tool: 'tool_use',
  max_tokens: 'max_tokens',
  stop_sequence: 'stop_sequence',
  refusal: 'refusal',
};

const errorTypes: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  529: 'overloaded_error',
};

function event(data: { type: string } & Record<string, unknown>, output = false): Frame {
  return { text: `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`, output };
}

function usage(reply: ScriptedReply) {
  const { input, cached, output } = usageOf(reply);
  return {
    input_tokens: input - cached,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cached,
    output_tokens: output,
  };
}

function startOf(block: ReplyBlock): unknown {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: '' };
    case 'thinking':
      return { type: 'thinking', thinking: '', signature: '' };
    case 'tool':
      return { type: 'tool_use', id: block.id ?? newId('toolu_'), name: block.name, input: {} };
  }
}

function deltasOf(block: ReplyBlock): unknown[] {
  return piecesOf(block).map((piece) => deltaOf(block, piece));
}

function deltaOf(block: ReplyBlock, piece: string): unknown {
  switch (block.type) {
    case 'text':
      return { type: 'text_delta', text: piece };
    case 'thinking':
      return { type: 'thinking_delta', thinking: piece };
    case 'tool':
      return { type: 'input_json_delta', partial_json: piece };
  }
}

function wholeBlock(block: ReplyBlock): unknown {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: block.text };
    case 'thinking':
      return { type: 'thinking', thinking: block.thinking, signature: 'c2lnbmF0dXJl' };
    case 'tool':
      return { type: 'tool_use', id: block.id ?? newId('toolu_'), name: block.name, input: block.input };
  }
}
