import type { Dialect } from '../dialect.ts';
import { decodeFailure } from './failure.ts';
import { encodeRequest } from './request.ts';
import { decodeResponse } from './response.ts';
import { reviseRequest } from './revise.ts';
import { MessagesStream } from './stream.ts';

/** Anthropic Messages: the neutral form itself, so bytes go on as they came wherever nothing has to change. */
export const anthropic: Dialect = {
  name: 'anthropic',
  path: () => '/messages',
  encodeRequest,
  decodeResponse,
  decodeFailure,
  reviseRequest,
  openStream: (exchange) => new MessagesStream(exchange),
};
