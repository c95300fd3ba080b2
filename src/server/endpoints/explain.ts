import { Cancellation } from '../../call/cancellation.ts';
import { Failure } from '../../call/failure.ts';
import { explainAdmitted } from '../../gateway/admit-call.ts';
import { isJsonObject } from '../../protocol/messages.ts';
import { parseJson } from '../../protocol/stream-event.ts';
import { readBody } from '../read-body.ts';
import { readCall } from '../read-call.ts';
import type { Exchange } from '../route-table.ts';
import { sendJson } from '../send-reply.ts';

/**
 * `POST /api/explain`: where a Messages body would go and why, without sending it. The body is the request itself, and its
 * own headers count, or `{request, headers}`. Throws Failure `malformed-request`.
 */
export async function explain(exchange: Exchange): Promise<void> {
  const { service, request, response, id } = exchange;
  const { body, headers } = askedOf(await readBody(request), exchange.headers);
  const call = readCall({
    id,
    startedAt: exchange.startedAt,
    caller: exchange.caller!,
    body,
    query: '',
    headers,
    signal: new Cancellation().signal,
  });
  sendJson(response, id, 200, await explainAdmitted(service.gateway, call));
}

function askedOf(body: Buffer, headers: Record<string, string>): { body: Buffer; headers: Record<string, string> } {
  const asked = parseJson(body.toString('utf8'));
  if (!isJsonObject(asked) || asked.request === undefined || asked.messages !== undefined) return { body, headers };
  const { request, headers: given = {} } = asked;
  if (!isJsonObject(request)) throw new Failure('malformed-request', 'request: an object is required');
  if (!isJsonObject(given) || !Object.values(given).every((value) => typeof value === 'string')) {
    throw new Failure('malformed-request', 'headers: an object of texts is required');
  }
  const named = Object.entries(given).map(([name, value]) => [name.toLowerCase(), value as string]);
  return { body: Buffer.from(JSON.stringify(request)), headers: Object.fromEntries(named) };
}
