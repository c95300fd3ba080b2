import { Failure } from '../../call/failure.ts';
import { isJsonObject } from '../../protocol/messages.ts';
import { parseJson } from '../../protocol/stream-event.ts';
import type { WholeMessage } from '../../protocol/whole-message.ts';
import type { Exchange } from '../dialect.ts';
import { BlockWriter } from '../shared/block-writer.ts';
import { errorMessageOf } from '../shared/failure.ts';
import { wholeReply } from '../shared/whole-reply.ts';
import { ReplyReader } from './reply-reader.ts';
import { GeminiStream } from './stream.ts';

/** The reply to a call without streaming: one reply, or the parts of one in an array. Throws Failure where there is none. */
export function decodeResponse(body: Buffer, exchange: Exchange): WholeMessage {
  const parsed = parseJson(body.toString('utf8'));
  const replies = (Array.isArray(parsed) ? parsed : [parsed]).filter(isJsonObject);
  if (replies.length === 0) return looksLikeStream(body) ? streamedReply(body, exchange) : notAReply(body, exchange);
  const writer = new BlockWriter(exchange);
  const reader = new ReplyReader(exchange, writer);
  for (const reply of replies) {
    const failure = reader.read(reply);
    if (failure) throw failure;
  }
  if (!reader.recognised) notAReply(body, exchange);
  // A whole reply was not cut: one without a reason to end ended as models end.
  if (!writer.finished) writer.finish('end_turn');
  reader.close();
  writer.end();
  return wholeReply(writer.take(), writer.usageEstimated);
}

function streamedReply(body: Buffer, exchange: Exchange): WholeMessage {
  const stream = new GeminiStream(exchange);
  const events = [...stream.push(body), ...stream.end()];
  if (stream.failure) throw stream.failure;
  return wholeReply(events, stream.usageEstimated);
}

function looksLikeStream(body: Buffer): boolean {
  return /^\s*(data|event|id|retry)?:/.test(body.toString('utf8', 0, 200));
}

function notAReply(body: Buffer, { provider }: Exchange): never {
  const words = errorMessageOf(body).slice(0, 200);
  throw new Failure('upstream-garbled', `${provider} answered with something that is no reply: ${words}`, { provider });
}
