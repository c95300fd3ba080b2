// `node bench/paced.mjs [--streams N] [--events N] [--pace MS] [--ramp MS] [--dying SHARE] [--rounds N] [--root FOLDER]`: so many streams at
// once, paced by an upstream in another process, a share of them dying on the way. How much later than the upstream wrote it each event
// reached its client while all of them run, whether any stream is wrong, and what is left of memory and sockets. A run without the
// router between tells what the machine itself adds.
import { fork } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startRouter } from './gateways.mjs';
import { cpuMs, residentMb } from './load.mjs';

if (process.send) serve();
else await measure();

/** Milliseconds since the epoch, with fractions: the same for all processes of a machine. */
function now() {
  return performance.timeOrigin + performance.now();
}

// The upstream ----------------------------------------------------------------------------------------------------------------

function serve() {
  const server = createServer((incoming, response) => {
    const parts = [];
    incoming.on('data', (part) => parts.push(part));
    incoming.on('end', () => void say(JSON.parse(Buffer.concat(parts)), incoming.url, response));
    response.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1', 4096, () => process.send(server.address().port));
}

/** The words that are still to be said, one for each pace. */
async function say({ messages }, url, response) {
  const { events, pace, dies } = JSON.parse(messages[0].content);
  const said = messages
    .findLast(({ role }) => role === 'assistant')
    ?.content.map?.(({ text }) => text)
    .join('');
  const from = said === undefined ? 0 : said.trim().split(' ').length;
  const until = url.startsWith('/second') ? Number.POSITIVE_INFINITY : dies;
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const usage = { input_tokens: 10, output_tokens: 1 };
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [], usage };
  response.write(
    frame('message_start', { message: { ...message, stop_reason: null, stop_sequence: null } }) +
      frame('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
  );
  for (let index = from; index < events; index += 1) {
    await delay(pace);
    if (index >= until) return void response.socket?.resetAndDestroy();
    response.write(
      frame('content_block_delta', { index: 0, delta: { type: 'text_delta', text: `w${index} ` }, at: now() }),
    );
  }
  response.end(
    frame('content_block_stop', { index: 0 }) +
      frame('message_delta', {
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: { output_tokens: events },
      }) +
      frame('message_stop', {}),
  );
}

function frame(type, fields) {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

// The clients -----------------------------------------------------------------------------------------------------------------

async function measure() {
  const { values } = parseArgs({
    options: {
      streams: { type: 'string', default: '1000' },
      events: { type: 'string', default: '100' },
      pace: { type: 'string', default: '250' },
      ramp: { type: 'string', default: '10000' },
      dying: { type: 'string', default: '0.333' },
      rounds: { type: 'string', default: '2' },
      root: { type: 'string', default: fileURLToPath(new URL('..', import.meta.url)) },
    },
  });
  const { root, ...numbers } = values;
  const options = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, Number(value)]));
  const child = fork(fileURLToPath(import.meta.url));
  const upstream = await new Promise((resolve) => child.once('message', resolve));
  const provider = (name) => ({
    ...{
      type: 'anthropic',
      apiKey: 'sk-upstream',
      baseUrl: `http://127.0.0.1:${upstream}/${name}`,
      models: { [name]: {} },
    },
  });
  const router = await startRouter(upstream, root, 'router', {
    providers: { one: provider('first'), two: provider('second') },
    routing: { defaultModel: 'first', fallbackModel: 'second' },
    retry: { attempts: 0 },
    circuitBreaker: { enabled: false },
    logging: { level: 'error' },
  });
  try {
    await run(router.port, { ...options, streams: 50, events: 10, ramp: 0 });
    await delay(1000);
    const memory = [residentMb(router.pid)];
    const sockets = [socketsOf(router.pid)];
    const results = { 'upstream alone': await run(upstream, { ...options, dying: 0 }) };
    for (let round = 1; round <= options.rounds; round += 1) {
      const cpu = cpuMs(router.pid);
      const result = await run(router.port, options);
      const cpuUs = ((cpuMs(router.pid) - cpu) * 1000) / (options.streams * options.events);
      results[`through the router, round ${round}`] = { ...result, cpuUs };
      await delay(8000);
      memory.push(residentMb(router.pid));
      sockets.push(socketsOf(router.pid));
    }
    const columns = [
      '',
      'streams',
      'died upstream',
      'wrong',
      'events',
      'p50 ms',
      'p99 ms',
      'most ms',
      'CPU us an event',
    ];
    console.log(`| ${columns.join(' | ')} |\n| --- |${' ---: |'.repeat(columns.length - 1)}`);
    for (const [name, result] of Object.entries(results)) console.log(line(name, result));
    console.log(`\nThe router before, and eight seconds after each round: ${memory.map(Math.round).join(', ')} MB,`);
    console.log(`${sockets.join(', ')} sockets.`);
  } finally {
    await router.stop();
    child.kill('SIGKILL');
  }
}

function line(name, { streams, died, wrong, delays, p50, p99, cpuUs }) {
  const times = [p50, p99, delays.at(-1)].map((value) => value.toFixed(1));
  return `| ${[name, streams, died, wrong, delays.length, ...times, cpuUs?.toFixed(0) ?? ''].join(' | ')} |`;
}

/** Streams that begin over `ramp` milliseconds; what comes after that, when all of them run, is measured. */
async function run(port, { streams, events, pace, dying, ramp }) {
  const delays = [];
  const measuredFrom = now() + ramp;
  const whole = Array.from({ length: events }, (_, index) => `w${index} `).join('');
  const agent = new Agent({ keepAlive: true, maxSockets: streams });
  let died = 0;
  let wrong = 0;
  // The same each time.
  let seed = 42;
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  const asks = Array.from({ length: streams }, async (_, index) => {
    const dies = random() < dying ? 1 + Math.floor(random() * (events - 1)) : undefined;
    if (dies !== undefined) died += 1;
    await delay(((ramp || pace) * index) / streams);
    const { text, ended } = await ask(
      agent,
      port,
      { stream: index, events, pace, dies: dies ?? events + 1 },
      (at, delayMs) => {
        if (at >= measuredFrom) delays.push(delayMs);
      },
    );
    if (text !== whole || !ended) wrong += 1;
  });
  await Promise.all(asks);
  agent.destroy();
  delays.sort((one, other) => one - other);
  const at = (share) => delays[Math.floor(delays.length * share)];
  return { streams, wrong, died, delays, p50: at(0.5), p99: at(0.99) };
}

function ask(agent, port, content, onEvent) {
  const messages = [{ role: 'user', content: JSON.stringify(content) }];
  const body = JSON.stringify({ model: 'any', max_tokens: 1000, stream: true, messages });
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', path: '/v1/messages', method: 'POST', agent, headers };
    const sent = request(options, (response) => {
      let got = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        const moment = now();
        for (const [, at] of chunk.matchAll(/"at":([\d.]+)/g)) onEvent(moment, moment - Number(at));
        got += chunk;
      });
      response.once('error', reject);
      response.once('end', () => {
        const text = [...got.matchAll(/"type":"text_delta","text":"([^"]*)"/g)].map(([, word]) => word).join('');
        resolve({ text, ended: got.includes('event: message_stop') });
      });
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

function socketsOf(pid) {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).filter((name) => {
    try {
      return readlinkSync(`${folder}/${name}`).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;
}
