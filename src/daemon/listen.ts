import { Server as HttpServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';

/**
 * Listens on a host; `localhost` is both loopback addresses, where the machine has both, so that no other program can
 * stand at the one that a client tries first. Port 0 takes one that is free on both. Rejects with the code EADDRINUSE.
 */
export async function listen(makeServer: () => Server, host: string, port: number): Promise<Listening> {
  if (host !== 'localhost') return listening([await listenOn(makeServer(), host, port)]);
  const first = await listenOn(makeServer(), '127.0.0.1', port);
  try {
    return listening([first, await listenOn(makeServer(), '::1', portOf(first))]);
  } catch (error) {
    if (withoutIpv6.has((error as NodeJS.ErrnoException).code ?? '')) return listening([first]);
    first.close();
    if (port === 0 && (error as NodeJS.ErrnoException).code === 'EADDRINUSE') return listen(makeServer, host, port);
    throw error;
  }
}

export interface Listening {
  port: number;
  /** Takes no more connections and ends those that are open. */
  close(): Promise<void>;
}

const withoutIpv6 = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL']);

function listening(servers: Server[]): Listening {
  return {
    port: portOf(servers[0]!),
    close: async () => {
      await Promise.all(servers.map(closeServer));
    },
  };
}

function listenOn(server: Server, host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** After an aborted stream `close` alone would wait for seconds; connections that were handed on are others' to close. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    if (!(server instanceof HttpServer)) return resolve();
    server.closeIdleConnections();
    server.closeAllConnections();
  });
}
