import type { Exchange } from '../route-table.ts';

/** Answers the client's look whether anybody is there. */
export function probe({ response, id, request }: Exchange): void {
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'request-id': id });
  response.end(request.method === 'HEAD' ? undefined : 'Claude Code Router\n');
}
