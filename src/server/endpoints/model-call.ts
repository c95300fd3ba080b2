import { Cancellation } from '../../call/cancellation.ts';
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
  const { service, request, response, id, startedAt, path, query, headers } = exchange;
  if (service.draining) {
    throw new Failure('draining', 'the router is stopping: ask again in a moment', { retryAfterSeconds: 5 });
  }
  const controller = new Cancellation();
  const leave = service.enter((reason) => controller.abort(reason));
  let handedOver = false;
  response.once('finish', () => {
    // Told of a reply as well whose connection broke before all of it was written.
    handedOver = !request.socket.destroyed;
  });
  const delivered = new Promise<void>((resolve) => {
    response.once('close', () => {
      leave();
      if (handedOver) resolve();
      else controller.abort();
    });
  });
  const body = await readBody(request);
  const caller = exchange.caller!;
  if (format.name === 'openai-responses') await service.conversations.learn(caller, body);
  const { signal } = controller;
  return readCallAs(
    format,
    { id, startedAt, caller, body, query, headers, signal, received: { path: path + query, body, delivered } },
    {
      recall: (responseId) => service.conversations.recall(caller, responseId),
      keep: (kept) => service.conversations.keep(caller, kept),
      bodies: service.recentBodies,
    },
  );
}
