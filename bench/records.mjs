// `npm run bench:records [-- --rounds N] [--cells TEXT]`: what it costs to keep records of calls (the ledger), and to count them (metrics).
// One router is reloaded again and again: with the ledger, without it, and again without it, in an order that turns. (Two processes
// that are equal in everything differ by more than the ledger costs.) How far the two equals differ is what the machine makes of them.
// Metrics can't be switched off; both steps of a call are also timed by themselves.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { sizes } from './bodies.mjs';
import { startRouter, startUpstream } from './gateways.mjs';
import { cpuMs, load, mainThreadMs } from './load.mjs';
import { median } from './report.mjs';

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '30' }, cells: { type: 'string', default: '' } },
});
const root = fileURLToPath(new URL('..', import.meta.url));
/** Whether there is a ledger. */
const variants = [true, false, false];
const cells = [
  { name: 'small, JSON', body: { ...sizes.small(), model: 'claude-sonnet-4-5' }, count: 1000 },
  { name: 'typical, stream', body: { ...sizes.typical(), model: 'claude-sonnet-4-5', stream: true }, count: 500 },
  { name: 'typical, stream to OpenAI chat', body: { ...sizes.typical(), model: 'openai/m', stream: true }, count: 500 },
].filter(({ name }) => name.includes(options.cells));

let records = 0;
const steps = await timeSteps();
const upstream = await startUpstream();
const router = await startRouter(upstream.port, root);
try {
  for (const cell of cells) console.log(`${cell.name}\n${linesOf(await measured(cell)).join('\n')}`);
} finally {
  await router.stop();
  upstream.stop();
}

/** For each variant, round by round: calls a second, CPU of the main thread and of the whole process, in milliseconds a call. */
async function measured({ body, count }) {
  const bodies = [Buffer.from(JSON.stringify(body))];
  const endMark = body.stream ? 'message_stop' : '"usage"';
  const ask = () => load({ port: router.port, path: '/v1/messages', bodies, count, connections: 8, endMark });
  const rounds = variants.map(() => []);
  for (let round = 0; round <= Number(options.rounds); round += 1) {
    for (let place = 0; place < variants.length; place += 1) {
      const index = (round + place) % variants.length;
      await reload(variants[index]);
      // What a reload made anew is warm, and what it left is swept.
      await ask();
      const [cpu, main, began] = [cpuMs(router.pid), mainThreadMs(router.pid), performance.now()];
      await ask();
      const seconds = (performance.now() - began) / 1000;
      // What was still to be written counts, too.
      await new Promise((resolve) => setTimeout(resolve, 350));
      // The first round warms up.
      if (round === 0) continue;
      rounds[index].push({
        throughput: count / seconds,
        main: (mainThreadMs(router.pid) - main) / count,
        cpu: (cpuMs(router.pid) - cpu) / count,
      });
    }
  }
  return rounds;
}

/** Resolves when the router keeps records, or keeps none. */
async function reload(enabled) {
  const file = join(router.home, 'config.json');
  const config = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...config, storage: { enabled } }));
  process.kill(router.pid, 'SIGHUP');
  await new Promise((resolve) => setTimeout(resolve, 300));
  const { status } = await fetch(`http://127.0.0.1:${router.port}/api/stats`);
  if (status !== (enabled ? 200 : 503))
    throw new Error(`/api/stats says ${status} with the ledger ${enabled ? 'on' : 'off'}`);
}

/** What the first variant costs more than the second, and the third, its equal, more than it. */
function linesOf([ledger, none, again]) {
  const costs = (rounds, figure) => {
    const ratios = rounds.map((round, at) =>
      figure === 'throughput' ? none[at].throughput / round.throughput : round[figure] / none[at][figure],
    );
    return `${percent(median(ratios))} (${spread(ratios)})`;
  };
  const told = (name, rounds) =>
    `  ${name}: throughput ${costs(rounds, 'throughput')}, CPU of the main thread ${costs(rounds, 'main')}, of the process ${costs(rounds, 'cpu')}`;
  const usual = median(none.map(({ main }) => main));
  const timed = Object.entries(steps).map(
    ([name, us]) =>
      `  ${name} by itself: ${us.toFixed(1)} us of the main thread a call, ${percent(1 + us / 1000 / usual)}`,
  );
  return [told('the ledger', ledger), told('equals', again), ...timed];
}

/** Microseconds of the main thread for each call that is over: to count it, and to hand its record to the ledger's thread. */
async function timeSteps() {
  const { Metrics } = await import('../dist/telemetry/metrics.js');
  const { openLedger } = await import('../dist/ledger/open-ledger.js');
  const directory = mkdtempSync(join(tmpdir(), 'bench-ledger-'));
  const silent = { report: () => undefined, now: () => 0, seal: { seal: (bytes) => bytes, open: (bytes) => bytes } };
  const ledger = openLedger({ url: 'sqlite:ledger.db', directory, ...silent });
  const metrics = new Metrics();
  const counting = { models: new Set(['m']), providers: new Set(['p']), currency: { code: 'USD', usdPerUnit: 1 } };
  const timed = async (step) => {
    const count = 20_000;
    const began = mainThreadMs(process.pid);
    for (let call = 0; call < count; call += 1) {
      step(recordOf(call));
      // A busy router writes so many together, and hears meanwhile that the thread is there.
      if (call % 100 === 99) {
        await ledger.flush();
        await new Promise(setImmediate);
      }
    }
    return ((mainThreadMs(process.pid) - began) * 1000) / count;
  };
  const cost = async (step) => {
    await timed(step);
    return Math.max(0, (await timed(step)) - (await timed(() => undefined)));
  };
  const times = {
    metrics: await cost((record) => metrics.add(record, counting)),
    ledger: await cost((record) => ledger.add(record)),
  };
  await ledger.close();
  rmSync(directory, { recursive: true });
  return times;
}

function recordOf(startedAt) {
  const usage = { input_tokens: 1000, output_tokens: 100, cache_read_input_tokens: 9, cache_creation_input_tokens: 0 };
  const times = { startedAt, durationMs: 900 };
  const priced = { usage, costMicroUsd: 5, priceSource: 'catalogue' };
  const attempt = { target: 'm', provider: 'p', model: 'claude-sonnet-4-5', ...times, outcome: 'ok', ...priced };
  return {
    ...{ id: `req_${++records}`, ...times, firstOutputMs: 20, caller: 'local', requestedModel: 'claude-sonnet-4-5' },
    ...{ stream: true, model: 'm', provider: 'p', rule: 'default', reason: 'the default model is m', status: 200 },
    ...{ outcome: 'succeeded', cache: 'off', stopReason: 'end_turn', warnings: [], attempts: [attempt], ...priced },
  };
}

function percent(ratio) {
  return `${((ratio - 1) * 100).toFixed(1)} %`;
}

/** The middle half of the rounds. */
function spread(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return `${percent(sorted[values.length >> 2])} to ${percent(sorted[(values.length * 3) >> 2])}`;
}
