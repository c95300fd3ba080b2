import { Failure } from '../../call/failure.ts';
import type { Exchange } from '../route-table.ts';
import { sendJson } from '../send-reply.ts';

/**
 * `GET /debug/traces/{id}`: what happened to a call that was sent with `X-Debug: true`, so far or to its end: the decision
 * and each moment, without the words of anybody and without secrets. Throws Failure `no-such-path`.
 */
export async function oneTrace({ service, response, id, parameter }: Exchange): Promise<void> {
  const trace = await service.trace(parameter);
  if (!trace) {
    throw new Failure('no-such-path', `there is no trace ${parameter}: only the latest of calls with X-Debug are kept`);
  }
  sendJson(response, id, 200, trace);
}
