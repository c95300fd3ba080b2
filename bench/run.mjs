// `npm run bench [-- --against FOLDER] [--cells TEXT] [--rounds N] [--write]`: CPU per request of the router beside nginx as a bare
// proxy, and beside another build of the router (FOLDER/dist). Rounds alternate between the gateways, so that what else the
// machine does hits all of them; `--cells` takes those whose name holds the text; `--write` writes docs/benchmark.md.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { sessionTurns, sizes } from './bodies.mjs';
import { startNginx, startRouter, startUpstream } from './gateways.mjs';
import { cpuMs, load, residentMb } from './load.mjs';

const { values: options } = parseArgs({
  options: {
    against: { type: 'string' },
    cells: { type: 'string', default: '' },
    rounds: { type: 'string', default: '5' },
    write: { type: 'boolean', default: false },
  },
});
const root = fileURLToPath(new URL('..', import.meta.url));
const counts = { small: 300, typical: 120, long: 30 };
const ways = { 'pass-through': 'claude-sonnet-4-5', 'to OpenAI chat': 'openai/m', 'to Gemini': 'gemini/m' };
const sessionWays = { ...ways, 'to OpenAI Responses': 'responses/m' };
/** Requests of each cell before it is measured: a router that has run for a while has its code compiled. */
const warmUp = 200;

const upstream = await startUpstream();
const gateways = [];
try {
  gateways.push(await startRouter(upstream.port, root));
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const rest = [
    `start to first answer ${gateways[0].startMs.toFixed(0)} ms`,
    `memory at rest ${residentMb(gateways[0].pid).toFixed(0)} MB`,
  ];
  if (options.against) gateways.push({ ...(await startRouter(upstream.port, options.against)), name: 'other' });
  const nginx = await startNginx(upstream.port);
  if (nginx) gateways.push(nginx);
  const text = `${tableOf(await measureAll())}\n\n${rest.join(', ')}.`;
  console.log(text);
  if (options.write) writeFileSync(new URL('../docs/benchmark.md', import.meta.url), pageOf(text));
} finally {
  for (const gateway of gateways) await gateway.stop();
  upstream.stop();
}

function cells() {
  const found = [];
  for (const [size, make] of Object.entries(sizes)) {
    for (const stream of [false, true]) {
      for (const [way, model] of Object.entries(ways)) {
        const bodies = [{ ...make(), model, ...(stream ? { stream } : {}) }];
        found.push({ name: `${size}, ${stream ? 'stream' : 'JSON'}, ${way}`, bodies, stream, count: counts[size] });
      }
    }
  }
  for (const [from, to] of [
    [11, 31],
    [161, 201],
  ]) {
    for (const stream of [true, false]) {
      for (const [way, model] of Object.entries(sessionWays)) {
        const bodies = sessionTurns(from, to).map((body) => ({ ...body, model, ...(stream ? { stream } : {}) }));
        const name = `session of ${from} to ${to} messages, ${stream ? 'stream' : 'JSON'}, ${way}`;
        found.push({ name, bodies, stream, count: bodies.length });
      }
    }
  }
  return found.filter(({ name }) => name.includes(options.cells));
}

/** Milliseconds of CPU per request, round by round, for each cell and gateway. */
async function measureAll() {
  const results = cells().map((cell) => ({
    ...cell,
    bodies: cell.bodies.map((body) => Buffer.from(JSON.stringify(body))),
  }));
  for (const cell of results) cell.costs = gateways.map(() => []);
  for (const cell of results) {
    for (const gateway of gateways) {
      for (let sent = 0; sent < warmUp; sent += cell.count) await send(gateway, cell);
    }
  }
  for (let round = 0; round < Number(options.rounds); round += 1) {
    for (const cell of results) {
      for (const [index, gateway] of gateways.entries()) {
        const before = cpuMs(gateway.pid);
        await send(gateway, cell);
        cell.costs[index].push((cpuMs(gateway.pid) - before) / cell.count);
      }
    }
  }
  return results;
}

/** A session is one connection's; of single requests several are on their way. */
function send({ port }, { bodies, stream, count }) {
  const connections = bodies.length > 1 ? 1 : 4;
  return load({ port, path: '/v1/messages', bodies, count, connections, endMark: stream ? 'message_stop' : '"usage"' });
}

function tableOf(results) {
  const others = gateways.slice(1).map(({ name }) => name);
  const lines = [
    `| ${['request', 'router, CPU ms', ...others.flatMap((name) => [`${name}, CPU ms`, `router : ${name}`])].join(' | ')} |`,
    `| --- |${' ---: |'.repeat(1 + others.length * 2)}`,
  ];
  for (const { name, costs } of results) {
    const cellsOfRow = [name, median(costs[0]).toFixed(3)];
    for (const other of costs.slice(1)) {
      const ratios = other.map((cost, round) => costs[0][round] / cost);
      const spread = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
      cellsOfRow.push(median(other).toFixed(3), `${median(ratios).toFixed(2)} (${spread})`);
    }
    lines.push(`| ${cellsOfRow.join(' | ')} |`);
  }
  return lines.join('\n');
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

function pageOf(text) {
  return `# Benchmark

CPU per request of the whole process, everything on that is on without being asked for: \`npm run build && npm run bench\`. Beside it
nginx as a bare proxy that buffers and logs nothing. Rounds alternate; in brackets the least and the greatest ratio of a round. The
provider is a fake one that answers at once: 2 KB of JSON, or a stream of 200 events in writes of 20.

${text}
`;
}
