import type { Call } from '../../call/call.ts';
import { Failure } from '../../call/failure.ts';
import { handleCall } from '../../gateway/handle-call.ts';
import { readBody } from '../read-body.ts';
import { readCall } from '../read-call.ts';
import type { Exchange } from '../route-table.ts';
import { sendFailure, sendReply } from '../send-reply.ts';

/** `POST /v1/messages`: the reply of the model that the call is routed to, as a stream or whole. */
export async function messages(exchange: Exchange): Promise<void> {
  const { service, response, id } = exchange;
  const call = await callOf(exchange);
  const outcome = await handleCall(service.gateway, call);
  if (!outcome.ok) {
    const { failure } = outcome;
    if (failure.kind === 'internal') service.reportFault(id, failure.details.cause);
    sendFailure(response, id, failure, outcome.headers);
  } else await sendReply(response, id, outcome.reply);
}

/** The call that the request's body asks for; its signal is aborted when the client goes. Throws Failure. */
export async function callOf(exchange: Exchange): Promise<Call> {
  const { service, request, response } = exchange;
  if (service.draining) {
    throw new Failure('draining', 'the router is stopping: ask again in a moment', { retryAfterSeconds: 5 });
  }
  const controller = new AbortController();
  const leave = service.enter((reason) => controller.abort(reason));
  response.once('close', () => {
    leave();
    if (!response.writableFinished) controller.abort();
  });
  const body = await readBody(request);
  return readCall({
    id: exchange.id,
    startedAt: exchange.startedAt,
    caller: exchange.caller!,
    body,
    query: exchange.query,
    headers: exchange.headers,
    signal: controller.signal,
  });
}
