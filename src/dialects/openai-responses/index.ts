import type { Dialect } from '../dialect.ts';
import { decodeFailure } from './failure.ts';
import { encodeRequest } from './request.ts';
import { decodeResponse } from './response.ts';
import { reviseRequest } from './revise.ts';
import { ResponsesStream } from './stream.ts';

/** OpenAI Responses, always stateless: nothing is stored there, the whole conversation goes with each call. */
export const openAiResponses: Dialect = {
  name: 'openai-responses',
  path: () => '/responses',
  encodeRequest,
  decodeResponse,
  decodeFailure,
  reviseRequest,
  openStream: (exchange) => new ResponsesStream(exchange),
};
