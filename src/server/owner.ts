import { timingSafeEqual } from 'node:crypto';
import { isLoopbackHost } from '../admission/web-guard.ts';
import type { Caller, Permission } from '../call/call.ts';
import type { Exchange } from './route-table.ts';

/** The user who started the router. They look and administer without a key; what a model is paid for is asked with one. */
export const owner: Caller = { name: 'local', permissions: new Set<Permission>(['read', 'admin']) };

/**
 * True for a command of the user who started the router: it comes from this machine and knows the token of the state file, which
 * nobody else can read. A router without a token has no such commands.
 */
export function isOwner({ headers, request, service }: Exchange): boolean {
  const token = Buffer.from(headers['x-router-control'] ?? '');
  const wanted = Buffer.from(service.control.token);
  if (wanted.length === 0 || token.length !== wanted.length || !timingSafeEqual(token, wanted)) return false;
  // A connection to one of the machine's own addresses comes from that very address.
  const { remoteAddress, localAddress } = request.socket;
  return remoteAddress !== undefined && (isLoopbackHost(remoteAddress) || remoteAddress === localAddress);
}
