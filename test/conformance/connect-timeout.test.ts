import { type ChildProcess, spawn } from 'node:child_process';
import { createConnection, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { http, messagesBody } from '../support/http.ts';
import { type InProcessRouter, startInProcess } from '../support/in-process-router.ts';

/** A server that takes no more connections: it is too busy to accept those that fill its queue. */
const busyServer = `
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    require('node:fs').writeSync(1, server.address().port + '\\n');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
  });
`;

// Other systems answer the connections that a queue has no room for.
describe.runIf(process.platform === 'linux')('a provider that takes no connection', () => {
  let server: ChildProcess;
  let router: InProcessRouter;
  const fillers: Socket[] = [];

  beforeAll(async () => {
    server = spawn(process.execPath, ['-e', busyServer], { stdio: ['ignore', 'pipe', 'inherit'] });
    const port = await new Promise<number>((resolve) => {
      server.stdout!.once('data', (line) => resolve(Number(line)));
    });
    for (let number = 0; number < 4; number += 1) {
      fillers.push(createConnection({ port, host: '127.0.0.1' }).on('error', () => undefined));
    }
    router = await startInProcess({
      models: {
        m: { provider: 'openai', apiKey: 'of-a-provider', endpoint: `http://127.0.0.1:${port}/v1/chat/completions` },
      },
      performance: { connectionPool: { timeout: 500 } },
      timeouts: { connect: 60_000 },
      retry: { attempts: 0 },
    });
  });
  afterAll(async () => {
    await router?.stop();
    for (const filler of fillers) filler.destroy();
    server?.kill('SIGKILL');
  });

  it('is given up after the time of the connection pool, which goes before that of all timeouts', async () => {
    const startedAt = Date.now();
    const reply = await http(`${router.url}/v1/messages`, { body: messagesBody('hello', { model: 'm' }) });
    expect(reply.json()).toMatchObject({ error: { message: expect.stringMatching(/connect|unreachable|time/i) } });
    expect(reply.status).toBeGreaterThanOrEqual(500);
    expect(Date.now() - startedAt).toBeLessThan(8000);
  });
});
