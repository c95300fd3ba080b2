import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Call } from '../../../src/call/call.ts';
import type { EncodedRequest, EncodeInput } from '../../../src/dialects/dialect.ts';
import { plainQuirks } from '../../../src/dialects/quirks.ts';
import { dialectOf } from '../../../src/dialects/registry.ts';
import { messagesFormat } from '../../../src/inbound/messages/index.ts';
import type { InputMessage } from '../../../src/protocol/messages.ts';
import { maxDepth, readCallAs } from '../../../src/server/read-call.ts';
import { RecentBodies } from '../../../src/server/recent-bodies.ts';
import { anyMessage } from './conversations.ts';

const dialects = ['openai-chat', 'openai-responses', 'gemini', 'ollama', 'anthropic'] as const;
const quirks = { ...plainQuirks, cacheControl: true };
const targets = [
  { provider: 'provider', model: 'm', quirks, abilities: {} },
  { provider: 'provider', model: 'another-model', quirks, abilities: { images: false } },
  {
    provider: 'elsewhere',
    model: 'm',
    quirks: { ...quirks, images: false, midConversationSystem: 'developer' as const },
    abilities: {},
  },
];

/** A session as its client holds it. */
interface Session {
  model: string;
  messages: InputMessage[];
  system: unknown;
  tools: unknown[];
}

function begun(name: string): Session {
  const opening = `${'The same files for everybody. '.repeat(700)}${name}`;
  return {
    model: 'claude-sonnet-4-5',
    messages: [{ role: 'user', content: [{ type: 'text', text: opening }] }],
    system: [{ type: 'text', text: 'You are Claude Code.' }],
    tools: [{ name: 'Read', description: 'Reads.', input_schema: { type: 'object', properties: {} } }],
  };
}

type Change = (session: Session) => void;

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 5, arbitrary: fc.array(anyMessage, { minLength: 1, maxLength: 4 }).map(grow) },
  { weight: 2, arbitrary: fc.constant(markLast) },
  { weight: 1, arbitrary: fc.nat(5).map(shrink) },
  { weight: 1, arbitrary: fc.tuple(fc.nat(20), anyMessage).map(([at, message]) => edit(at, message)) },
  { weight: 1, arbitrary: fc.nat(20).map(takeOut) },
  { weight: 1, arbitrary: fc.string().map(renew) },
);

function grow(messages: InputMessage[]): Change {
  return (session) => {
    session.messages = [...session.messages, ...messages];
  };
}

function shrink(by: number): Change {
  return (session) => {
    session.messages = session.messages.slice(0, Math.max(1, session.messages.length - by));
  };
}

function edit(at: number, message: InputMessage): Change {
  return (session) => {
    session.messages = session.messages.with(at % session.messages.length, message);
  };
}

function takeOut(at: number): Change {
  return (session) => {
    if (session.messages.length > 1) session.messages = session.messages.toSpliced(at % session.messages.length, 1);
  };
}

/** Another tool, another word in the system text, another model. */
function renew(word: string): Change {
  return (session) => {
    session.model = word.length % 2 === 0 ? 'claude-sonnet-4-5' : 'claude-opus-5-5';
    session.system = [{ type: 'text', text: `You are ${word}.` }];
    session.tools = [...session.tools, { name: `Tool_${session.tools.length}`, description: word, strict: true }];
  };
}

/** Claude Code marks the end of the conversation, and no longer what was marked before. */
function markLast(session: Session): void {
  session.messages = session.messages.map((message, index) => {
    if (!Array.isArray(message.content)) return message;
    const isLast = index === session.messages.length - 1;
    const content = message.content.map((block) => {
      if (typeof block !== 'object') return block;
      const { cache_control: _, ...plain } = block;
      return isLast ? { ...plain, cache_control: { type: 'ephemeral' } } : plain;
    });
    return { ...message, content } as InputMessage;
  });
}

function read(body: Buffer, bodies?: RecentBodies): Call {
  const source = {
    ...{ id: 'req_1', startedAt: 0, body, query: '', headers: {}, signal: new AbortController().signal },
    caller: { name: 'local', permissions: new Set<never>() },
  };
  const memory = { recall: () => undefined, keep: () => undefined, ...(bodies ? { bodies } : {}) };
  return readCallAs(messagesFormat, source, memory).call;
}

function encoded(call: Call, name: (typeof dialects)[number], target: (typeof targets)[number]): unknown {
  const { request, rawBody, sessionId } = call;
  const input: EncodeInput = {
    ...{ request, rawBody, sessionId, callId: 'req_1', stream: true, anthropicHeaders: {} },
    ...target,
  };
  let result: EncodedRequest;
  try {
    result = dialectOf(name).encodeRequest(input);
  } catch (error) {
    return String(error);
  }
  return { ...result, body: result.body.toString('utf8') };
}

function frozen(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) frozen(inner);
}

describe('sessions that grow, shrink and are edited', () => {
  it('are translated as each call would be by itself', () => {
    const steps = fc.array(fc.tuple(fc.nat(2), change, fc.nat(2)), { minLength: 3, maxLength: 14 });
    fc.assert(
      fc.property(steps, fc.boolean(), (changes, systemFirst) => {
        const sessions = ['one', 'two', 'two'].map(begun);
        // So small a memory that sessions also push each other out.
        const bodies = new RecentBodies(maxDepth, systemFirst ? 50_000 : undefined);
        for (const [index, apply, at] of changes) {
          const session = sessions[index]!;
          apply(session);
          const { system, ...rest } = session;
          const fields = systemFirst ? { system, ...rest } : { ...rest, system };
          const text = JSON.stringify({ ...fields, max_tokens: 100, stream: true });
          const known = read(Buffer.from(text), bodies);
          expect({ ...known.request }).toEqual(JSON.parse(text));
          // What one call is given, the next one is given too.
          frozen(known.request);
          const fresh = { ...read(Buffer.from(text)), request: JSON.parse(text) };
          for (const name of dialects) {
            expect(encoded(known, name, targets[at]!)).toEqual(encoded(fresh, name, targets[at]!));
          }
        }
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
