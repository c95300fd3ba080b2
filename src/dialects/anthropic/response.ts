import { Failure } from '../../call/failure.ts';
import { isJsonObject, type Message } from '../../protocol/messages.ts';
import { parseJson } from '../../protocol/stream-event.ts';
import { WholeMessage } from '../../protocol/whole-message.ts';
import type { Exchange } from '../dialect.ts';
import { failureOfError } from './failure.ts';

/** The reply as it came, once it is seen to be a message. Throws Failure where it is an error or something else. */
export function decodeResponse(body: Buffer, exchange: Exchange): WholeMessage {
  const parsed = parseJson(body.toString('utf8'));
  if (isJsonObject(parsed) && isJsonObject(parsed.error)) throw failureOfError(200, parsed, body, exchange);
  if (!isMessage(parsed)) {
    throw new Failure('upstream-garbled', `${exchange.provider} answered with something that is not a message`, {
      provider: exchange.provider,
    });
  }
  return WholeMessage.fromBytes(body, parsed);
}

function isMessage(value: unknown): value is Message {
  return (
    isJsonObject(value) && Array.isArray(value.content) && (value.type === 'message' || value.role === 'assistant')
  );
}
