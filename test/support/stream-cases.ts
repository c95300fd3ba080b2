import fc from 'fast-check';
import { anthropic } from './formats/anthropic.ts';
import type { Asked, Format, ReplyBlock, ScriptedReply } from './formats/format.ts';
import { gemini } from './formats/gemini.ts';
import { ollama } from './formats/ollama.ts';
import { openai } from './formats/openai.ts';
import { responses } from './formats/responses.ts';

/** What an upstream sends, and how it ends. */
export interface StreamCase {
  /** In the pieces in which it is written. */
  chunks: Buffer[];
  /** An orderly end, a socket that closes, or one that is reset. */
  end: 'orderly' | 'close' | 'reset';
}

/** A reply over HTTP, from its status line on. */
export interface HttpCase extends StreamCase {
  format: FuzzedFormat;
  status: number;
  contentType: string | undefined;
  framing: 'chunked' | 'until-close' | 'length' | 'too-long-length' | 'no-http';
  /** Whether the client asks for a stream. */
  stream: boolean;
}

const formats = { anthropic, openai, ollama, responses, gemini } as const;
export type FuzzedFormat = keyof typeof formats;

const asked: Asked = {
  ...{ model: 'fuzzed', stream: true, system: '', messages: [], tools: [], maxTokens: 100, effort: undefined },
  ...{ stopSequences: [], wantsUsage: true, violations: [] },
};

const words = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constant('<think>x</think>y'),
);

const block: fc.Arbitrary<ReplyBlock> = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text: words }),
  fc.record({ type: fc.constant('thinking' as const), thinking: words }),
  fc.record(
    {
      type: fc.constant('tool' as const),
      name: fc.constantFrom('Read', 'Bash', 'unknown tool', ''),
      input: fc.oneof(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 4 }), fc.jsonValue()),
      id: fc.constantFrom('call_1', 'call_2', 'functions.Read:0', '', 'x'.repeat(80)),
      raw: fc.constantFrom('', '{}', '{"a":1}{"a":1}', '{"a":', 'null', '"text"', '[1]', 'no JSON'),
    },
    { requiredKeys: ['type', 'name', 'input'] },
  ),
);

const scripted: fc.Arbitrary<ScriptedReply> = fc.record(
  {
    blocks: fc.array(block, { maxLength: 4 }),
    stop: fc.constantFrom('end', 'tool', 'max_tokens', 'stop_sequence', 'refusal'),
    usage: fc.record({ input: fc.nat(), output: fc.nat() }, { requiredKeys: [] }),
  },
  { requiredKeys: ['blocks'] },
);

/** Frames that real servers are known to send where nobody expects them. */
const strays = [
  ': keep-alive\n\n',
  'event: ping\ndata: {"type":"ping"}\n\n',
  'data: [DONE]\n\n',
  'data:\n\n',
  'data: {\n\n',
  'data: null\n\n',
  'data: []\n\n',
  'data: {"type":5}\n\n',
  'data: {"error":{"message":"overloaded","type":"server_error","code":503}}\n\n',
  'data: {"error":"text"}\n\n',
  'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
  'event: error\ndata: {"type":"error"}\n\n',
  'event: message_start\ndata: {"type":"message_start","message":{}}\n\n',
  'event: message_stop\ndata: {"type":"message_stop"}\n\n',
  'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"}}\n\n',
  'event: content_block_start\ndata: {"type":"content_block_start","index":7,"content_block":{"type":"text","text":""}}\n\n',
  'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta"}}\n\n',
  'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n',
  'event: tomorrow\ndata: {"type":"tomorrow","x":1}\n\n',
  'data: {"choices":[]}\n\n',
  'data: {"choices":null,"usage":{"prompt_tokens":"many"}}\n\n',
  'data: {"choices":[{"delta":null,"finish_reason":"stop"}]}\n\n',
  'data: {"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"}"}}]}}]}\n\n',
  'data: {"choices":[{"delta":{"tool_calls":[{"index":9,"id":"call_1","function":{"name":"Read"}}]}}]}\n\n',
  'data: {"choices":[{"delta":{"content":["x"]},"finish_reason":5}]}\n\n',
  'data: {"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL"}]}\n\n',
  'data: {"candidates":[{"content":{"parts":[{"text":"","thoughtSignature":"U2ln"}]}}]}\n\n',
  'data: {"candidates":[{"content":{"parts":[{"functionCall":{"args":[]}},{"executableCode":{}}]}}],"usageMetadata":{}}\n\n',
  'data: {"promptFeedback":{"blockReason":"SAFETY"}}\n\n',
  'data: [{"error":{"code":503,"status":"UNAVAILABLE"}}]\n\n',
  '{"error":{"message":"a bare line"}}\n',
  '{"error":"a bare text"}\n',
  '{"done":true}\n',
  '{"message":"no message"}\n',
  '{"message":{"content":["x"],"thinking":5,"tool_calls":[null,{"function":{"name":5}},{}]},"done":"true"}\n',
  'data: {"type":"response.created","response":null}\n\n',
  'data: {"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":5,"phase":"commentary"}}\n\n',
  'data: {"type":"response.output_item.added","item":null}\n\n',
  'data: {"type":"response.output_item.done","output_index":1,"item":{"type":"web_search_call","id":"ws_1","action":{"type":"search","sources":[null,{"url":5}]}}}\n\n',
  'data: {"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","summary":[{"text":"x"}],"encrypted_content":"e"}}\n\n',
  'data: {"type":"response.output_text.delta","output_index":7,"delta":"late"}\n\n',
  'data: {"type":"response.function_call_arguments.delta","output_index":0,"delta":"{"}\n\n',
  'data: {"type":"response.completed","response":{"output":[{"type":"message","content":[{"type":"output_text","text":"again"}]}]}}\n\n',
  'data: {"type":"response.incomplete"}\n\n',
  'data: {"type":"response.failed","response":{"error":{"code":"server_error","message":"x"}}}\n\n',
  'data: {"type":"error","code":"rate_limit_exceeded","message":"slow down"}\n\n',
  '\r\n\r\n',
  '\u{feff}',
];

const pages = [
  '<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>nginx</h1></body></html>',
  '{"type":"error","error":{"type":"api_error","message":"a JSON body where a stream was due"}}',
  '{"detail":"Not Found"}',
  '{}',
  'null',
  '',
  '\n',
  'upstream connect error or disconnect/reset before headers',
];

/** One way of spoiling a list of frames. */
const spoil: fc.Arbitrary<(frames: readonly string[]) => string[]> = fc.oneof(
  place().map((at) => (frames: readonly string[]) => frames.toSpliced(at(frames.length), 1)),
  place().map(
    (at) => (frames: readonly string[]) => frames.toSpliced(at(frames.length), 0, frames[at(frames.length)] ?? ''),
  ),
  fc.tuple(place(), place()).map(([from, to]) => (frames: readonly string[]) => {
    const moved = frames[from(frames.length)] ?? '';
    return frames.toSpliced(from(frames.length), 1).toSpliced(to(frames.length), 0, moved);
  }),
  fc.tuple(place(), fc.constantFrom(...strays)).map(
    ([at, stray]) =>
      (frames: readonly string[]) =>
        frames.toSpliced(at(frames.length), 0, stray),
  ),
  place().map((at) => (frames: readonly string[]) => frames.slice(0, at(frames.length))),
  place().map((at) => (frames: readonly string[]) => {
    const frame = frames[at(frames.length)] ?? '';
    return frames.toSpliced(at(frames.length), 1, frame.replaceAll('\n', '\r\n'));
  }),
  place().map((at) => (frames: readonly string[]) => {
    const frame = frames[at(frames.length)] ?? '';
    return frames.toSpliced(at(frames.length), 1, frame.replace(/^event: .*\n/, ''));
  }),
);

/** A place in a list, whatever its length will be. */
function place(): fc.Arbitrary<(length: number) => number> {
  return fc
    .double({ min: 0, max: 1, noNaN: true })
    .map((share) => (length) => Math.min(length - 1, Math.floor(share * length)));
}

const bytesOfFormat = (format: Format): fc.Arbitrary<Buffer> =>
  fc.tuple(scripted, fc.array(spoil, { maxLength: 4 })).map(([reply, spoils]) => {
    const frames = format.frames(reply, asked).map(({ text }) => text);
    return Buffer.from(spoils.reduce<readonly string[]>((list, change) => change(list), frames).join(''));
  });

/** The whole bytes of a reply: near to right, right in another format, a page, or nothing that anybody sends. */
const bytesFor = (name: FuzzedFormat): fc.Arbitrary<Buffer> =>
  fc.oneof(
    { weight: 12, arbitrary: bytesOfFormat(formats[name]) },
    { weight: 4, arbitrary: fc.tuple(bytesOfFormat(formats[name]), flips()).map(([bytes, flip]) => flip(bytes)) },
    { weight: 1, arbitrary: bytesOfFormat(name === 'anthropic' ? openai : anthropic) },
    { weight: 1, arbitrary: scripted.map((reply) => Buffer.from(JSON.stringify(formats[name].whole(reply, asked)))) },
    { weight: 1, arbitrary: fc.constantFrom(...pages).map((page) => Buffer.from(page)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
    {
      weight: 1,
      arbitrary: fc.array(fc.constantFrom(...strays), { maxLength: 12 }).map((list) => Buffer.from(list.join(''))),
    },
  );

/** Changes some bytes and cuts the end off. */
function flips(): fc.Arbitrary<(bytes: Buffer) => Buffer> {
  return fc
    .tuple(fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 3 }), fc.nat())
    .map(([changes, cut]) => (bytes) => {
      const changed = Buffer.from(bytes.subarray(0, bytes.length - (cut % (bytes.length + 1)) * (cut % 2)));
      for (const [at, value] of changes) if (changed.length > 0) changed[at % changed.length] = value;
      return changed;
    });
}

const cuts = fc.array(fc.nat({ max: 4000 }), { maxLength: 6 });

/** The bytes in pieces, cut at these places wherever they fall. */
export function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const bounds = [...new Set([0, ...places.map((at) => at % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  return bounds.slice(1).map((end, index) => bytes.subarray(bounds[index]!, end));
}

/** Any stream of an upstream that claims to speak this format. */
export function streamCases(format: FuzzedFormat): fc.Arbitrary<StreamCase> {
  return fc.record({
    chunks: fc.tuple(bytesFor(format), cuts).map(([bytes, places]) => cutAt(bytes, places)),
    end: fc.constantFrom('orderly', 'close', 'reset'),
  });
}

/** Any reply of an upstream that claims to speak one of the formats. */
export const httpCases: fc.Arbitrary<HttpCase> = fc
  .constantFrom<HttpCase['format']>('anthropic', 'openai', 'gemini')
  .chain((format) =>
    fc.record({
      chunks: fc.tuple(bytesFor(format), cuts).map(([bytes, places]) => cutAt(bytes, places)),
      end: fc.constantFrom('orderly', 'orderly', 'orderly', 'close', 'reset'),
      format: fc.constant(format),
      status: weighted(
        [20, 200],
        [1, 201],
        [1, 204],
        [1, 302],
        [1, 400],
        [1, 401],
        [1, 429],
        [1, 500],
        [1, 503],
        [1, 529],
      ),
      contentType: weighted<string | undefined>(
        [12, 'text/event-stream'],
        [2, 'application/json'],
        [1, 'text/html'],
        [1, undefined],
        [1, 'application/json; charset=latin1'],
      ),
      framing: weighted([8, 'chunked'], [4, 'until-close'], [4, 'length'], [1, 'too-long-length'], [1, 'no-http']),
      stream: weighted([5, true], [1, false]),
    }),
  );

function weighted<const Value>(...choices: [number, Value][]): fc.Arbitrary<Value> {
  return fc.oneof(...choices.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })));
}
