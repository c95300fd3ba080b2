import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { rotatedFiles } from '../../src/telemetry/log-files.ts';
import { http, messagesBody } from '../support/http.ts';
import { runProgram } from '../support/installed-program.ts';
import { withConfig } from '../support/router.ts';

const writer = `
  import { RotatingFile } from '${new URL('../../dist/telemetry/rotating-file.js', import.meta.url)}';
  const [path, name, count] = process.argv.slice(1);
  const settings = { path, maxBytes: 20_000, maxFiles: 1000, compress: true };
  const file = new RotatingFile(settings, { onProblem: (problem) => { throw new Error(problem); }, onRecovered() {} });
  for (let number = 0; number < Number(count); number += 1) {
    file.write(JSON.stringify({ name, number, filling: 'y'.repeat(number % 150) }) + '\\n');
    if (number % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await file.close();
`;

/** Logs so many lines of a kilobyte, as fast as a process can that does nothing else; says the seconds that it took. */
const logger = `
  import { createLogger } from '${new URL('../../dist/telemetry/logger.js', import.meta.url)}';
  const [path, name, count] = process.argv.slice(1);
  const file = { path, maxBytes: 10_000_000, maxFiles: 1000, compress: true };
  const log = createLogger({ level: 'info', format: 'json', console: false, file, secrets: ['a-secret-of-nobody'] });
  const filling = 'the quick brown fox '.repeat(47);
  const began = performance.now();
  for (let number = 0; number < Number(count); number += 1) {
    log.info('forced', { name, number, filling });
    if (number % 100 === 99) await new Promise((resolve) => setImmediate(resolve));
  }
  log.flush();
  console.log(JSON.stringify({ seconds: (performance.now() - began) / 1000, ...log.state }));
  await log.close();
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'router-logs-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a script with its arguments, a process of its own. */
function runScript(script: string, ...args: string[]) {
  return runProgram(process.execPath, ['--input-type=module', '-e', script, ...args], folder);
}

function linesIn(path: string): string[] {
  const parts = [...rotatedFiles(path).map((part) => part.path), ...(existsSync(path) ? [path] : [])];
  return parts.flatMap((part) => {
    const bytes = readFileSync(part);
    const text = (part.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
    return text.split('\n').slice(0, -1);
  });
}

describe('the log', () => {
  it('is shared by processes without a line lost or torn', async () => {
    const path = join(folder, 'router.log');
    const names = ['a', 'b', 'c'];
    const ran = await Promise.all(names.map((name) => runScript(writer, path, name, '3000')));
    expect(
      ran.map(({ exitCode }) => exitCode),
      ran.map(({ stderr }) => stderr).join(''),
    ).toEqual([0, 0, 0]);
    const written = linesIn(path).map((text) => JSON.parse(text) as { name: string; number: number });
    for (const name of names) {
      const numbers = written.filter((entry) => entry.name === name).map(({ number }) => number);
      expect(numbers.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 3000 }, (_, index) => index));
    }
    expect(rotatedFiles(path).length).toBeGreaterThan(5);
  });

  it('takes 50 MB a second from two processes over many rotations, no line lost or torn', async () => {
    const lines = 90_000;
    const path = join(folder, 'router.log');
    const ran = await Promise.all(['a', 'b'].map((name) => runScript(logger, path, name, String(lines))));
    const states = ran.map(({ stdout }) => JSON.parse(stdout) as { seconds: number; lostLines: number });
    expect(states).toEqual(states.map(({ seconds }) => ({ seconds, file: path, lostLines: 0 })));
    let bytes = 0;
    const next: Record<string, number> = { a: 0, b: 0 };
    for (const line of linesIn(path)) {
      bytes += Buffer.byteLength(line) + 1;
      const { name, number } = JSON.parse(line) as { name: string; number: number };
      expect(number).toBe(next[name]);
      next[name] = number + 1;
    }
    expect(next).toEqual({ a: lines, b: lines });
    expect(rotatedFiles(path).length).toBeGreaterThan(15);
    const megabytes = bytes / 1e6 / Math.max(...states.map(({ seconds }) => seconds));
    console.log(`the log took ${megabytes.toFixed(0)} MB a second`);
    expect(megabytes).toBeGreaterThan(50);
  }, 60_000);

  it('is where the configuration says, seen from its own place, with a line a call and debug lines for its asking', async () => {
    const key = 'an-unusual-key-of-no-known-shape';
    const router = await withConfig(
      {
        models: { demo: { provider: 'demo' }, far: { provider: 'openai', apiKey: key, model: 'gpt-4o' } },
        logging: { format: 'json', outputs: ['file'], file: { path: 'own/router.log', maxSize: 3000, maxFiles: 100 } },
      },
      { environment: { DEBUG: 'claude-router:*' } },
    );
    try {
      const ids: string[] = [];
      for (let number = 0; number < 20; number += 1) {
        const body = messagesBody('a secret question', { model: 'demo', system: key });
        const reply = await http(`${router.url}/v1/messages?x=${key}`, { body, headers: { 'x-api-key': key } });
        ids.push(reply.headers['request-id'] as string);
      }
      const read = () => linesIn(join(router.home, 'own/router.log')).map((line) => JSON.parse(line));
      // Lines are written together, some time after the replies.
      await vi.waitFor(() => {
        expect(
          read()
            .filter(({ msg }) => msg === 'call')
            .map(({ requestId }) => requestId),
        ).toEqual(ids);
      });
      const lines = read();
      const [id] = ids;
      expect(
        lines.filter(({ requestId, level }) => requestId === id && level === 'debug').map(({ msg }) => msg),
      ).toEqual(['call received', 'call decided', 'call sent', 'call answered', 'call attempt-over', 'call settled']);
      const text = JSON.stringify(lines);
      expect(text).not.toContain(key);
      expect(text).not.toContain('secret question');
      expect(rotatedFiles(join(router.home, 'own/router.log')).length).toBeGreaterThan(3);
    } finally {
      await router.stop();
    }
  });

  // A device that is always full is the same to a writer as a disk that is.
  it.runIf(existsSync('/dev/full'))('that can’t be written leaves the router answering, and is told', async () => {
    const router = await withConfig({
      models: { demo: { provider: 'demo' } },
      logging: { outputs: ['file', 'console'], file: { path: '/dev/full' } },
    });
    try {
      for (let number = 0; number < 3; number += 1) {
        const reply = await http(`${router.url}/v1/messages`, { body: messagesBody('hello', { model: 'demo' }) });
        expect(reply.status).toBe(200);
      }
      const { status, log } = (await http(`${router.url}/health/detailed`)).json();
      expect({ status, log }).toMatchObject({
        status: 'degraded',
        log: { problem: expect.stringContaining('ENOSPC') },
      });
      expect(router.output().match(/can't be written/g)).toHaveLength(1);
    } finally {
      await router.stop();
    }
  });
});
