import type { Dialect } from '../dialect.ts';
import { decodeFailure } from './failure.ts';
import { encodeRequest } from './request.ts';
import { decodeResponse } from './response.ts';
import { LineStream } from './stream.ts';
import { reviseRequest } from './think.ts';

/** Ollama's own chat: lines of JSON, tool calls whole, a window as large as the call asks for. */
export const ollama: Dialect = {
  name: 'ollama',
  path: () => '/api/chat',
  encodeRequest,
  decodeResponse,
  decodeFailure,
  reviseRequest,
  openStream: (exchange) => new LineStream(exchange),
};
