import { Cancellation } from '../../call/cancellation.ts';
import { Failure } from '../../call/failure.ts';
import { passThrough } from '../../gateway/pass-through.ts';
import { readBody } from '../read-body.ts';
import type { Exchange } from '../route-table.ts';

/** `/v1/messages/batches…` and `/v1/files…`: what Anthropic holds, passed on to it as it is. */
export async function passedThrough(exchange: Exchange): Promise<void> {
  const { service, request, response, id, query, headers } = exchange;
  const controller = new Cancellation();
  const leave = service.enter((reason) => controller.abort(reason));
  response.once('close', () => {
    leave();
    if (!response.writableFinished) controller.abort();
  });
  const reply = await passThrough(service.gateway, service.registry.targets, {
    ...{ method: request.method ?? 'GET', path: plainPath(exchange.path), query, headers },
    ...{ body: await readBody(request), signal: controller.signal, caller: exchange.caller! },
  });
  const type = reply.headers['content-type'];
  response.writeHead(reply.status, { ...(type === undefined ? {} : { 'content-type': type }), 'request-id': id });
  for await (const chunk of reply.body) {
    if (!response.write(chunk)) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
  }
  response.end();
}

/** The path without a second `/v1`. Throws Failure for one that leads elsewhere. */
function plainPath(path: string): string {
  if (/(^|\/)(\.|%2e)+(\/|$)|\\|%5c|%2f/i.test(path)) throw new Failure('no-such-path', `there is nothing at ${path}`);
  return path.replace(/^\/v1\/v1(?=\/|$)/, '/v1');
}
