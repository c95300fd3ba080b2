import { Failure } from '../../call/failure.ts';
import { isJsonObject } from '../../protocol/messages.ts';
import { parseJson } from '../../protocol/stream-event.ts';
import type { WholeMessage } from '../../protocol/whole-message.ts';
import type { Exchange } from '../dialect.ts';
import { BlockWriter } from '../shared/block-writer.ts';
import { errorMessageOf } from '../shared/failure.ts';
import { wholeReply } from '../shared/whole-reply.ts';
import { ReplyReader } from './reply-reader.ts';
import { ResponsesStream } from './stream.ts';

/** The reply to a call without streaming. Throws Failure where it reports an error, is not over or is no response. */
export function decodeResponse(body: Buffer, exchange: Exchange): WholeMessage {
  const reply = parseJson(body.toString('utf8'));
  if (!isJsonObject(reply)) return looksLikeStream(body) ? streamed(body, exchange) : notAResponse(body, exchange);
  const writer = new BlockWriter(exchange);
  const reader = new ReplyReader(exchange, writer);
  const failure = reader.whole(reply);
  if (failure) throw failure;
  if (!reader.isOver) notAResponse(body, exchange);
  writer.end();
  return wholeReply(writer.take(), writer.usageEstimated);
}

/** Some servers stream whatever they are asked. */
function streamed(body: Buffer, exchange: Exchange): WholeMessage {
  const stream = new ResponsesStream(exchange);
  const events = [...stream.push(body), ...stream.end()];
  if (stream.failure) throw stream.failure;
  return wholeReply(events, stream.usageEstimated);
}

function looksLikeStream(body: Buffer): boolean {
  return /^\s*(data|event|id|retry)?:/.test(body.toString('utf8', 0, 200));
}

function notAResponse(body: Buffer, { provider }: Exchange): never {
  const words = errorMessageOf(body).slice(0, 200);
  throw new Failure('upstream-garbled', `${provider} answered with something that is no response: ${words}`, {
    provider,
  });
}
