import { Failure } from '../../call/failure.ts';
import { isJsonObject } from '../../protocol/messages.ts';
import { parseJson } from '../../protocol/stream-event.ts';
import type { WholeMessage } from '../../protocol/whole-message.ts';
import type { ErrorReply, Exchange } from '../dialect.ts';
import { BlockWriter } from '../shared/block-writer.ts';
import { errorMessageOf } from '../shared/failure.ts';
import { wholeReply } from '../shared/whole-reply.ts';
import { ReplyReader } from './reply-reader.ts';
import { ChatStream } from './stream.ts';

/** The reply to a call without streaming. Throws Failure where it reports an error or is no completion. */
export function decodeResponse(body: Buffer, exchange: Exchange): WholeMessage {
  const reply = parseJson(body.toString('utf8'));
  if (!isJsonObject(reply))
    return looksLikeStream(body) ? streamedReply(body, exchange) : notACompletion(body, exchange);
  const writer = new BlockWriter(exchange);
  const reader = new ReplyReader(exchange, writer);
  const failure = reader.read(reply);
  if (failure) throw failure;
  if (!writer.finished && !hasChoice(reply.choices)) notACompletion(body, exchange);
  return finished(writer, reader);
}

/** The answer that an error reply holds all the same; undefined where it is only an error. */
export function recoverResponse(reply: ErrorReply, exchange: Exchange): WholeMessage | undefined {
  const parsed = parseJson(reply.body.toString('utf8'));
  if (!isJsonObject(parsed)) return undefined;
  const writer = new BlockWriter(exchange);
  const reader = new ReplyReader(exchange, writer);
  return reader.read(parsed) || !writer.finished ? undefined : finished(writer, reader);
}

/** A whole reply was not cut: one without a finish reason ended as models end. */
function finished(writer: BlockWriter, reader: ReplyReader): WholeMessage {
  if (!writer.finished) writer.finish('end_turn');
  reader.close();
  writer.end();
  return wholeReply(writer.take(), writer.usageEstimated);
}

/** Some servers stream whatever they are asked. */
function streamedReply(body: Buffer, exchange: Exchange): WholeMessage {
  const stream = new ChatStream(exchange);
  const events = [...stream.push(body), ...stream.end()];
  if (stream.failure) throw stream.failure;
  return wholeReply(events, stream.usageEstimated);
}

function hasChoice(choices: unknown): boolean {
  return Array.isArray(choices) && isJsonObject(choices[0]);
}

function looksLikeStream(body: Buffer): boolean {
  return /^\s*(data|event|id|retry)?:/.test(body.toString('utf8', 0, 200));
}

function notACompletion(body: Buffer, { provider }: Exchange): never {
  const words = errorMessageOf(body).slice(0, 200);
  throw new Failure('upstream-garbled', `${provider} answered with something that is no completion: ${words}`, {
    provider,
  });
}
