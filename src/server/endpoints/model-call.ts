import { Failure } from '../../call/failure.ts';
import { handleCall } from '../../gateway/handle-call.ts';
import type { ClientFormat } from '../../inbound/client-format.ts';
import { readBody } from '../read-body.ts';
import { type ReadCall, readCallAs } from '../read-call.ts';
import type { Exchange } from '../route-table.ts';
import { sendFailure, sendReply } from '../send-reply.ts';

/** The endpoint of a client format: the reply of the model that the call is routed to, as a stream or whole. */
export function modelCall(format: ClientFormat): (exchange: Exchange) => Promise<void> {
  return async (exchange) => {
    const { service, response, id } = exchange;
    const { call, writer } = await callOf(exchange, format);
    const outcome = await handleCall(service.gateway, call);
    if (!outcome.ok) {
      const { failure } = outcome;
      if (failure.kind === 'internal') service.reportFault(id, failure.details.cause);
      sendFailure(response, { id, format }, failure, outcome.headers);
      return;
    }
    await sendReply(response, { id, format }, outcome.reply, writer);
  };
}

/** The call that the request's body asks for; its signal is aborted when the client goes. Throws Failure. */
export async function callOf(exchange: Exchange, format: ClientFormat): Promise<ReadCall> {
  const { service, request, response, id, startedAt, query, headers } = exchange;
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
  const caller = exchange.caller!;
  const { signal } = controller;
  return readCallAs(
    format,
    { id, startedAt, caller, body, query, headers, signal },
    {
      recall: (responseId) => service.conversations.recall(caller, responseId),
      keep: (kept) => service.conversations.keep(caller, kept),
      bodies: service.recentBodies,
    },
  );
}
