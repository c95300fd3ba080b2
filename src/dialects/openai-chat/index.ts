import type { Dialect } from '../dialect.ts';
import { decodeFailure } from './failure.ts';
import { encodeRequest } from './request.ts';
import { decodeResponse, recoverResponse } from './response.ts';
import { reviseRequest } from './revise.ts';
import { ChatStream } from './stream.ts';

/** OpenAI Chat Completions, and the many services that speak it with an accent. */
export const openAiChat: Dialect = {
  name: 'openai-chat',
  path: () => '/chat/completions',
  encodeRequest,
  decodeResponse,
  decodeFailure,
  recoverResponse,
  reviseRequest,
  openStream: (exchange) => new ChatStream(exchange),
};
