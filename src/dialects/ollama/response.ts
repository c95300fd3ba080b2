import { Failure } from '../../call/failure.ts';
import { isJsonObject } from '../../protocol/messages.ts';
import { parseJson } from '../../protocol/stream-event.ts';
import type { WholeMessage } from '../../protocol/whole-message.ts';
import type { Exchange } from '../dialect.ts';
import { BlockWriter } from '../shared/block-writer.ts';
import { errorMessageOf } from '../shared/failure.ts';
import { wholeReply } from '../shared/whole-reply.ts';
import { ReplyReader } from './reply-reader.ts';
import { LineStream } from './stream.ts';
import type { OllamaReply } from './wire.ts';

/** The reply to a call without streaming. Throws Failure where it reports an error or is no answer. */
export function decodeResponse(body: Buffer, exchange: Exchange): WholeMessage {
  const reply = parseJson(body.toString('utf8'));
  if (!isJsonObject(reply)) return streamedReply(body, exchange);
  const writer = new BlockWriter(exchange);
  const reader = new ReplyReader(exchange, writer);
  const failure = reader.read(reply);
  if (failure) throw failure;
  if (!writer.finished) finishUnmarked(reply, writer, body, exchange);
  reader.close();
  writer.end();
  return wholeReply(writer.take(), writer.usageEstimated);
}

/** A whole reply that does not say `done` ended as models end; the first line of a stream that was cut did not. */
function finishUnmarked(reply: OllamaReply, writer: BlockWriter, body: Buffer, { provider }: Exchange): void {
  if (reply.done === false)
    throw new Failure('upstream-cut', `${provider}: the reply ended before the answer was complete`, { provider });
  if (!isJsonObject(reply.message) && typeof reply.response !== 'string') {
    const words = errorMessageOf(body).slice(0, 200);
    throw new Failure('upstream-garbled', `${provider} answered with something that is no completion: ${words}`, {
      provider,
    });
  }
  writer.finish('end_turn');
}

/** Lines, from a server that streams whatever it is asked. */
function streamedReply(body: Buffer, exchange: Exchange): WholeMessage {
  const stream = new LineStream(exchange);
  const events = [...stream.push(body), ...stream.end()];
  if (stream.failure) throw stream.failure;
  return wholeReply(events, stream.usageEstimated);
}
