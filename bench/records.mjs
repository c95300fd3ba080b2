// `npm run bench:records [-- --rounds N] [--cells TEXT]`: what it costs to keep records of calls (the ledger), and to count them (metrics).
// Routers with the ledger, without it, and again without it stand side by side, in rounds that alternate: how far the two equals
// differ is what the machine makes of them. Metrics can't be switched off; both steps of a call are also timed by themselves.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { sizes } from './bodies.mjs';
import { startRouter, startUpstream } from './gateways.mjs';
import { cpuMs, load, mainThreadMs } from './load.mjs';
import { median } from './report.mjs';

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '15' }, cells: { type: 'string', default: '' } },
});
const root = fileURLToPath(new URL('..', import.meta.url));
const variants = [{}, { storage: { enabled: false } }, { storage: { enabled: false } }];
const cells = [
  { name: 'small, JSON', body: { ...sizes.small(), model: 'claude-sonnet-4-5' }, count: 300 },
  { name: 'typical, stream', body: { ...sizes.typical(), model: 'claude-sonnet-4-5', stream: true }, count: 150 },
  { name: 'typical, stream to OpenAI chat', body: { ...sizes.typical(), model: 'openai/m', stream: true }, count: 150 },
].filter(({ name }) => name.includes(options.cells));

let records = 0;
const steps = await timeSteps();
const upstream = await startUpstream();
const routers = [];
try {
  for (const more of variants) routers.push(await startRouter(upstream.port, root, 'router', more));
  for (const cell of cells) console.log(`${cell.name}\n${linesOf(await measured(cell)).join('\n')}`);
} finally {
  for (const router of routers) await router.stop();
  upstream.stop();
}

/** For each router, round by round: calls a second, CPU of the main thread and of the whole process, in milliseconds a call. */
async function measured({ body, count }) {
  const bodies = [Buffer.from(JSON.stringify(body))];
  const rounds = routers.map(() => []);
  for (let round = 0; round <= Number(options.rounds); round += 1) {
    const order = routers.map((_, index) => index);
    for (const index of round % 2 === 0 ? order : order.reverse()) {
      const { port, pid } = routers[index];
      const [cpu, main, began] = [cpuMs(pid), mainThreadMs(pid), performance.now()];
      await load({
        port,
        path: '/v1/messages',
        bodies,
        count,
        connections: 8,
        endMark: body.stream ? 'message_stop' : '"usage"',
      });
      const seconds = (performance.now() - began) / 1000;
      // What was still to be written counts, too.
      await new Promise((resolve) => setTimeout(resolve, 350));
      // The first round warms up.
      if (round === 0) continue;
      rounds[index].push({
        throughput: count / seconds,
        main: (mainThreadMs(pid) - main) / count,
        cpu: (cpuMs(pid) - cpu) / count,
      });
    }
  }
  return rounds;
}

/** What the first router costs more than the second, and the third, its equal, more than it. */
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
