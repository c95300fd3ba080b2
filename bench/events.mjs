// What an event of a stream costs from the upstream's bytes to the client's: `npm run build && node bench/events.mjs`. Prints
// microseconds of this process's CPU per event, the best of ten, for reads of 20 events.
import { plainQuirks } from '../dist/dialects/quirks.js';
import { dialectOf } from '../dist/dialects/registry.js';
import { messagesFormat } from '../dist/inbound/messages/index.js';
import { formats } from './upstream.mjs';

const dialects = { anthropic: 'anthropic', openai: 'openai-chat', gemini: 'gemini' };
const eventsPerRead = 20;
const streams = 300;

for (const [format, name] of Object.entries(dialects)) {
  const events = formats[format].stream;
  const reads = [];
  for (let at = 0; at < events.length; at += eventsPerRead) {
    reads.push(Buffer.from(events.slice(at, at + eventsPerRead).join('')));
  }
  const times = Array.from({ length: 10 }, () => cpuOf(() => decode(dialectOf(name), reads)));
  console.log(`${name.padEnd(12)} ${(Math.min(...times) / streams / events.length).toFixed(2)} us per event`);
}

function decode(dialect, reads) {
  const exchange = {
    ...{ callId: 'req_1', provider: 'bench', model: 'm', quirks: plainQuirks, usedToolIds: new Set() },
    ...{ toolNames: new Map(), toolSchemas: new Map(), stopSequences: [], promptTokens: undefined, passThrough: false },
  };
  for (let stream = 0; stream < streams; stream += 1) {
    const decoder = dialect.openStream(exchange);
    const writer = messagesFormat.readRequest({ model: 'm', messages: [] }, Buffer.alloc(0)).reply.openStream();
    for (const read of reads) writer.write(decoder.push(read));
    decoder.end();
    if (decoder.failure) throw decoder.failure;
  }
}

function cpuOf(work) {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
