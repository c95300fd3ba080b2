// A provider that answers at once with answers made beforehand, in three formats: run as a process of its own, it prints its port.
import { createServer } from 'node:net';

const events = 200;
const eventsPerWrite = 20;
const text = 'The quick brown fox jumps over it. ';

const anthropic = {
  json: JSON.stringify({
    ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'm', stop_reason: 'end_turn', stop_sequence: null },
    ...{ content: [{ type: 'text', text: text.repeat(50) }], usage: { input_tokens: 900, output_tokens: 400 } },
  }),
  stream: [
    named('message_start', {
      message: {
        ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [], stop_reason: null },
        ...{ stop_sequence: null, usage: { input_tokens: 900, output_tokens: 1 } },
      },
    }),
    named('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    ...deltas((piece) => named('content_block_delta', { index: 0, delta: { type: 'text_delta', text: piece } })),
    named('content_block_stop', { index: 0 }),
    named('message_delta', {
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: 400 },
    }),
    named('message_stop', {}),
  ],
};

const chunk = (choice, more = {}) =>
  `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm', choices: choice, ...more })}\n\n`;
const usage = { prompt_tokens: 900, completion_tokens: 400, total_tokens: 1300 };
const openai = {
  json: JSON.stringify({
    ...{ id: 'chatcmpl-1', object: 'chat.completion', model: 'm', usage },
    choices: [{ index: 0, message: { role: 'assistant', content: text.repeat(50) }, finish_reason: 'stop' }],
  }),
  stream: [
    chunk([{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }]),
    ...deltas((piece) => chunk([{ index: 0, delta: { content: piece }, finish_reason: null }])),
    chunk([{ index: 0, delta: {}, finish_reason: 'stop' }]),
    chunk([], { usage }),
    'data: [DONE]\n\n',
  ],
};

const answered = (status, texts) => ({
  ...{ id: 'resp_1', object: 'response', model: 'm', status },
  output: texts.map((each) => ({
    ...{ id: 'msg_1', type: 'message', role: 'assistant', status },
    content: [{ type: 'output_text', text: each, annotations: [] }],
  })),
  usage: { input_tokens: 900, output_tokens: 400, total_tokens: 1300 },
});
const place = { item_id: 'msg_1', output_index: 0, content_index: 0 };
const emptyItem = { id: 'msg_1', type: 'message', role: 'assistant', status: 'in_progress', content: [] };
const wholeText = text.repeat(events);
const responses = {
  json: JSON.stringify(answered('completed', [text.repeat(50)])),
  stream: [
    named('response.created', { response: answered('in_progress', []) }),
    named('response.output_item.added', { output_index: 0, item: emptyItem }),
    named('response.content_part.added', { ...place, part: { type: 'output_text', text: '', annotations: [] } }),
    ...deltas((piece) => named('response.output_text.delta', { ...place, delta: piece })),
    named('response.output_text.done', { ...place, text: wholeText }),
    named('response.output_item.done', { output_index: 0, item: answered('completed', [wholeText]).output[0] }),
    named('response.completed', { response: answered('completed', [wholeText]) }),
  ],
};

const candidate = (piece, more = {}) => ({
  candidates: [{ content: { role: 'model', parts: [{ text: piece }] }, index: 0, ...more }],
  usageMetadata: { promptTokenCount: 900, candidatesTokenCount: 400, totalTokenCount: 1300 },
  modelVersion: 'm',
});
const gemini = {
  json: JSON.stringify(candidate(text.repeat(50), { finishReason: 'STOP' })),
  stream: [
    ...deltas((piece) => `data: ${JSON.stringify(candidate(piece))}\r\n\r\n`),
    `data: ${JSON.stringify(candidate('', { finishReason: 'STOP' }))}\r\n\r\n`,
  ],
};

/** The events of a stream as a provider of this format sends them. */
export const formats = { anthropic, openai, responses, gemini };

function named(type, fields) {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

function deltas(write) {
  return Array.from({ length: events }, () => write(text));
}

function answersOf(format) {
  const head = 'HTTP/1.1 200 OK\r\nconnection: keep-alive\r\n';
  const json = Buffer.from(
    `${head}content-type: application/json\r\ncontent-length: ${Buffer.byteLength(format.json)}\r\n\r\n${format.json}`,
  );
  const writes = [`${head}content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n`];
  for (let at = 0; at < format.stream.length; at += eventsPerWrite) {
    const bytes = format.stream.slice(at, at + eventsPerWrite).join('');
    writes.push(`${Buffer.byteLength(bytes).toString(16)}\r\n${bytes}\r\n`);
  }
  writes.push('0\r\n\r\n');
  return { json, stream: writes.map((each) => Buffer.from(each)) };
}

function serve() {
  const answers = Object.fromEntries(Object.entries(formats).map(([name, format]) => [name, answersOf(format)]));
  const server = createServer((socket) => {
    socket.setNoDelay(true).on('error', () => undefined);
    let held = [];
    let missing = -1;
    let answer;
    let streams = false;
    socket.on('data', (data) => {
      held.push(data);
      if (missing < 0) {
        const bytes = held.length === 1 ? data : Buffer.concat(held);
        held = [bytes];
        const end = bytes.indexOf('\r\n\r\n');
        if (end === -1) return;
        const head = bytes.toString('latin1', 0, end);
        missing = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0) + end + 4 - bytes.length;
        answer = answers[formatOf(head)];
        streams = head.includes(':streamGenerate');
      } else missing -= data.length;
      if (missing > 0) return;
      streams ||= held.some((each) => each.includes('"stream":true'));
      held = [];
      missing = -1;
      if (streams) void stream(socket, answer.stream);
      else socket.write(answer.json);
    });
  });
  server.listen(0, '127.0.0.1', () => process.send(server.address().port));
}

function formatOf(head) {
  if (head.includes('chat/completions')) return 'openai';
  if (head.includes('/responses')) return 'responses';
  return head.includes(':generate') || head.includes(':stream') ? 'gemini' : 'anthropic';
}

async function stream(socket, writes) {
  for (const bytes of writes) {
    if (socket.destroyed) return;
    socket.write(bytes);
    await new Promise(setImmediate);
  }
}

if (process.send) serve();
