// `npm run bench [-- --against FOLDER] [--peers] [--cells TEXT] [--rounds N] [--write]`: CPU per request of the router beside nginx
// as a bare proxy, beside another build of the router (FOLDER/dist), and beside other gateways. Rounds alternate between the
// gateways, so that what else the machine does hits all of them; `--cells` takes those whose name holds the text; `--write`
// writes docs/benchmark.md and its chart.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cells } from './cells.mjs';
import { startNginx, startRouter, startUpstream } from './gateways.mjs';
import { cpuMs, load, residentMb } from './load.mjs';
import { installPeers, startClaudeCodeRouter, startPortkey } from './peers.mjs';
import { median, tableOf, writePage } from './report.mjs';

const { values: options } = parseArgs({
  options: {
    against: { type: 'string' },
    peers: { type: 'boolean', default: false },
    cells: { type: 'string', default: '' },
    rounds: { type: 'string', default: '5' },
    write: { type: 'boolean', default: false },
  },
});
if (options.peers || options.write) installPeers();
/** Rounds before those that count: a gateway that has run for a while has its code compiled. */
const warmUpRounds = 6;

const upstream = await startUpstream();
const gateways = [];
try {
  gateways.push(await startRouter(upstream.port, fileURLToPath(new URL('..', import.meta.url))));
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const [{ startMs, pid }] = gateways;
  const rest = `Start to first answer ${startMs.toFixed(0)} ms, memory at rest ${residentMb(pid).toFixed(0)} MB.`;
  if (options.against) gateways.push(await startRouter(upstream.port, options.against, 'other build'));
  const nginx = await startNginx(upstream.port);
  if (nginx) gateways.push(nginx);
  else console.error('SKIP nginx: it is not installed');
  if (options.peers) gateways.push(await startPortkey(upstream.port), await startClaudeCodeRouter(upstream.port));

  const measured = await measureAll(cells().filter(({ name }) => name.includes(options.cells)));
  const tables = [
    `CPU per request, ms:\n\n${tableOf(measured, gateways, ({ cpu }) => cpu)}`,
    `Time to the first byte, one connection at a time, ms:\n\n${tableOf(
      measured.filter(({ connections }) => connections === 1),
      gateways,
      ({ firstByte }) => firstByte,
    )}`,
  ];
  const text = [...tables, rest].join('\n\n');
  console.log(text);
  if (options.write) await writePage(text, measured, gateways);
} finally {
  for (const gateway of gateways) await gateway.stop();
  upstream.stop();
}

/** Each cell with `results`: for each gateway milliseconds of `cpu` per request and to the `firstByte`, round by round. */
async function measureAll(chosen) {
  const measured = chosen.map((cell) => ({ ...cell, results: gateways.map(() => ({ cpu: [], firstByte: [] })) }));
  for (let round = -warmUpRounds; round < Number(options.rounds); round += 1) {
    for (const cell of measured) {
      for (const [index, gateway] of gateways.entries()) {
        const model = (gateway.models ?? cell.models)[cell.way];
        if (model === undefined) continue;
        const count = Math.max(cell.connections, Math.round(cell.count * (gateway.share ?? 1)));
        const before = cpuMs(gateway.pid);
        const firstBytes = await send(gateway, { ...cell, count }, model);
        if (round < 0) continue;
        cell.results[index].cpu.push((cpuMs(gateway.pid) - before) / count);
        cell.results[index].firstByte.push(median(firstBytes));
      }
    }
  }
  return measured;
}

function send({ port, headers }, { bodiesFor, stream, count, connections }, model) {
  const bodies = bodiesFor(model);
  return load({
    ...{ port, headers, path: '/v1/messages', bodies, count, connections },
    endMark: stream ? 'message_stop' : '"usage"',
  });
}
