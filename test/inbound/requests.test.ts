import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/call/failure.ts';
import { encodeRequest } from '../../src/dialects/anthropic/request.ts';
import { plainQuirks } from '../../src/dialects/quirks.ts';
import type { ClientFormat } from '../../src/inbound/client-format.ts';
import { chatFormat } from '../../src/inbound/openai-chat/index.ts';
import { responsesFormat } from '../../src/inbound/openai-responses/index.ts';
import { abilitiesOf } from '../../src/models/abilities.ts';
import type { JsonObject, MessagesRequest } from '../../src/protocol/messages.ts';
import { readAnthropicRequest } from '../support/formats/anthropic-request.ts';

const context = { callId: 'req_1', startedAt: 0, recall: () => undefined, keep: () => undefined };

function read(format: ClientFormat, body: JsonObject) {
  return format.readRequest(body, Buffer.from(JSON.stringify(body)), context);
}

const words = fc.string({ minLength: 1, maxLength: 12 });

/** A turn of the user's, with instructions and calls around it, as both APIs write them. */
interface Turn {
  instruction: string | undefined;
  user: string | undefined;
  answer: string | undefined;
  calls: string[];
}

const conversations = fc.array(
  fc.record({
    instruction: fc.option(words, { nil: undefined }),
    user: fc.option(words, { nil: undefined }),
    answer: fc.option(words, { nil: undefined }),
    calls: fc.array(fc.constantFrom('a', 'b', 'call.1', 'x'.repeat(200)), { maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 5 },
);

const settings = fc.record(
  {
    temperature: fc.double({ min: 0, max: 2, noNaN: true }),
    top_p: fc.double({ min: 0, max: 1, noNaN: true }),
    effort: fc.constantFrom('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'),
    maxTokens: fc.integer({ min: 1, max: 50_000 }),
    tool_choice: fc.constantFrom('auto', 'none', 'required', {
      type: 'function',
      name: 'get',
      function: { name: 'get' },
    }),
  },
  { requiredKeys: [] },
);

function chatBody(turns: readonly Turn[], { effort, maxTokens, ...rest }: Record<string, unknown>): JsonObject {
  const messages = turns.flatMap(({ instruction, user, answer, calls }) => [
    ...(instruction === undefined ? [] : [{ role: 'system', content: instruction }]),
    ...(user === undefined ? [] : [{ role: 'user', content: user }]),
    ...(answer === undefined && calls.length === 0
      ? []
      : [
          {
            role: 'assistant',
            content: answer ?? null,
            tool_calls: calls.map((id) => ({ id, type: 'function', function: { name: 'get', arguments: '{}' } })),
          },
        ]),
    ...[...calls].reverse().map((id) => ({ role: 'tool', tool_call_id: id, content: 'done' })),
  ]);
  const tools = [{ type: 'function', function: { name: 'get', parameters: {} } }];
  const limits = { ...(effort ? { reasoning_effort: effort } : {}), ...(maxTokens ? { max_tokens: maxTokens } : {}) };
  return { model: 'm', messages: [...messages, { role: 'user', content: 'and?' }], tools, ...limits, ...rest };
}

function responsesBody(turns: readonly Turn[], { effort, maxTokens, ...rest }: Record<string, unknown>): JsonObject {
  const input = turns.flatMap(({ instruction, user, answer, calls }) => [
    ...(user === undefined ? [] : [{ role: 'user', content: user }]),
    ...(answer === undefined ? [] : [{ role: 'assistant', content: [{ type: 'output_text', text: answer }] }]),
    ...calls.map((id) => ({ type: 'function_call', call_id: id, name: 'get', arguments: '{}' })),
    ...(instruction === undefined ? [] : [{ role: 'developer', content: instruction }]),
    ...[...calls].reverse().map((id) => ({ type: 'function_call_output', call_id: id, output: 'done' })),
  ]);
  const limits = {
    ...(effort ? { reasoning: { effort } } : {}),
    ...(maxTokens ? { max_output_tokens: maxTokens } : {}),
  };
  const tools = [{ type: 'function', name: 'get', parameters: {} }];
  return { model: 'm', input: [...input, { role: 'user', content: 'and?' }], tools, ...limits, ...rest };
}

/** What may stand where something else is due. */
const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 1 }),
  fc.constantFrom('message', 'custom', 'input_audio', 'reasoning'),
);

const changes = fc.array(fc.tuple(fc.nat(), fc.option(anything, { nil: undefined })), { minLength: 1, maxLength: 3 });

/** The body with another value in one of its places, or none. */
function changed(body: JsonObject, place: number, value: unknown): JsonObject {
  const copy = structuredClone(body);
  const places: [JsonObject, string][] = [];
  const visit = (inner: unknown) => {
    if (typeof inner !== 'object' || inner === null) return;
    for (const [name, child] of Object.entries(inner)) {
      places.push([inner as JsonObject, name]);
      visit(child);
    }
  };
  visit(copy);
  const [inner, name] = places[place % places.length] ?? [copy, 'model'];
  if (value === undefined && !Array.isArray(inner)) delete inner[name];
  else inner[name] = value ?? null;
  return copy;
}

const models = [
  'claude-opus-5-5',
  'claude-opus-5',
  'claude-sonnet-4-6',
  'claude-haiku-4-5',
  'claude-3-haiku',
  'unknown',
];

describe.each([
  ['chat completions', chatFormat, chatBody],
  ['responses', responsesFormat, responsesBody],
] as const)('a conversation of %s', (_name, format, bodyOf) => {
  it.each(models)('is one that Anthropic takes, whatever its turns and settings, at %s', (model) => {
    const abilities = abilitiesOf('anthropic', model);
    fc.assert(
      fc.property(conversations, settings, (turns, chosen) => {
        const { request } = read(format, bodyOf(uniqueCalls(turns), chosen));
        const sent = sentFor(request, model, abilities);
        expect(readAnthropicRequest(sent).violations).toEqual([]);
        expect(modelViolations(sent, abilities)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('with anything anywhere is a request or a failure that names what is wrong', () => {
    const counts = { read: 0, refused: 0 };
    fc.assert(
      fc.property(conversations, settings, changes, (turns, chosen, edits) => {
        const valid = bodyOf(uniqueCalls(turns), chosen);
        const body = edits.reduce((whole, [place, value]) => changed(whole, place, value), valid);
        try {
          const { request } = read(format, body);
          expect(request.messages.length).toBeGreaterThan(0);
          sentFor(request, 'claude-opus-5-5', abilitiesOf('anthropic', 'claude-opus-5-5'));
          counts.read += 1;
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
          expect(error.status).toBe(400);
          counts.refused += 1;
        }
      }),
      { numRuns: 1000 },
    );
    expect(Math.min(counts.read, counts.refused)).toBeGreaterThan(50);
  });
});

/** An id stands once in a turn; in the next it may stand again. */
function uniqueCalls(turns: readonly Turn[]): Turn[] {
  return turns.map((turn) => ({ ...turn, calls: [...new Set(turn.calls)] }));
}

function sentFor(request: MessagesRequest, model: string, abilities: ReturnType<typeof abilitiesOf>): JsonObject {
  const encoded = encodeRequest({
    ...{ request, rawBody: undefined, callId: 'req_1', provider: 'anthropic', model, stream: false, abilities },
    ...{ quirks: plainQuirks, sessionId: undefined, anthropicHeaders: {} },
  });
  return JSON.parse(encoded.body.toString('utf8')) as JsonObject;
}

/** What this model would refuse beside. */
function modelViolations(sent: JsonObject, abilities: ReturnType<typeof abilitiesOf>): string[] {
  const { thinking, tool_choice: choice, output_config: output, temperature, top_p: topP } = sent as MessagesRequest;
  const violations: string[] = [];
  const forced = choice?.type === 'any' || choice?.type === 'tool';
  const { thinkingTypes, efforts, forcedToolChoice, sampling, oneSamplingParameter } = abilities;
  if (thinking && thinkingTypes && !(thinkingTypes as string[]).includes(thinking.type))
    violations.push(`thinking ${thinking.type}`);
  if (output?.effort && efforts && !efforts.includes(output.effort)) violations.push(`effort ${output.effort}`);
  if (forced && forcedToolChoice === 'no') violations.push('a forced tool');
  if (forced && forcedToolChoice === 'thinking-off' && thinking?.type !== 'disabled')
    violations.push('a forced tool, thinking');
  if (sampling === 'no' && (temperature ?? topP) !== undefined) violations.push('sampling');
  if (oneSamplingParameter && temperature !== undefined && topP !== undefined) violations.push('two sampling fields');
  if (temperature !== undefined && temperature > 1) violations.push(`temperature ${temperature}`);
  if (thinking?.type === 'enabled' && temperature !== undefined) violations.push('temperature while thinking');
  return violations;
}
