import { Failure } from '../call/failure.ts';

/**
 * Keeps web pages away from a router that is open to its machine: whoever names it by another host (DNS rebinding) or
 * comes from a page of another origin is refused, since a page must not spend the user's money. Throws Failure `forbidden`.
 */
export function refuseForeignPages(headers: Readonly<Record<string, string>>): void {
  const { host, origin } = headers;
  if (host !== undefined && !isLoopbackHost(hostName(host))) {
    throw new Failure('forbidden', `this router answers to this machine only, not to the host ${host}`);
  }
  if (origin !== undefined && !isLoopbackOrigin(origin)) {
    throw new Failure('forbidden', `pages of ${origin} may not call this router`);
  }
  if (origin === undefined && headers['sec-fetch-site'] === 'cross-site') {
    throw new Failure('forbidden', 'pages of other sites may not call this router');
  }
}

/** True for an address that only this machine reaches. */
export function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  return name === '::1' || name === '[::1]' || /^127(\.\d{1,3}){3}$/.test(name) || /^\[?::ffff:127\./.test(name);
}

/** True for a page that this machine itself serves. */
export function isLoopbackOrigin(origin: string): boolean {
  const host = /^https?:\/\/([^/]+)$/i.exec(origin)?.[1];
  return host !== undefined && isLoopbackHost(hostName(host));
}

function hostName(host: string): string {
  return host.startsWith('[') ? host.replace(/\]:\d+$/, ']') : host.replace(/:\d+$/, '');
}
