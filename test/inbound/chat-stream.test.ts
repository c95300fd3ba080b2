import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chatCompletion } from '../../src/inbound/openai-chat/reply.ts';
import { ChatStream } from '../../src/inbound/openai-chat/stream.ts';
import { ToolNames } from '../../src/inbound/shared/tool-names.ts';
import { StreamEvent } from '../../src/protocol/stream-event.ts';
import { messageStreams } from '../support/message-streams.ts';
import { foldChat, framesOf } from '../support/openai-streams.ts';

const settings = (legacyFunctions = false) => ({
  id: 'chatcmpl-1',
  created: 1_700_000_000,
  tools: tools(),
  legacyFunctions,
});

function tools(): ToolNames {
  const names = new ToolNames();
  names.add({ kind: 'function', name: 'Read', namespace: undefined });
  names.add({ kind: 'custom', name: 'apply_patch', namespace: undefined });
  return names;
}

const written = (batches: readonly StreamEvent[][], includeUsage = true): string => {
  const stream = new ChatStream(settings(), includeUsage);
  return Buffer.concat(batches.map((batch) => stream.write(batch))).toString('utf8');
};

describe('a chat stream', () => {
  it('is legal, and folds into the completion that the message alone would be, whatever the message and its pieces', () => {
    fc.assert(
      fc.property(messageStreams, ({ message, batches }) => {
        const folded = foldChat(framesOf(written(batches)));
        expect(folded.violations).toEqual([]);
        expect(folded.completion).toEqual(withParsedArguments(chatCompletion(message, settings())));
      }),
      { numRuns: 500 },
    );
  });

  it('tells no usage unless it was asked for', () => {
    fc.assert(
      fc.property(messageStreams, ({ batches }) => {
        expect(framesOf(written(batches, false)).filter(({ data }) => Object.hasOwn(Object(data), 'usage'))).toEqual(
          [],
        );
      }),
      { numRuns: 20 },
    );
  });

  it('ends with the error and [DONE] where the message breaks off', () => {
    const error = { type: 'overloaded_error', message: 'Overloaded' };
    const frames = framesOf(written([[StreamEvent.of({ type: 'error', error })]]));
    expect(frames).toEqual([
      { data: { error: { message: 'Overloaded', type: 'server_error', param: null, code: 'overloaded' } } },
      { data: '[DONE]' },
    ]);
  });

  it('passes pings on as comments', () => {
    expect(written([[StreamEvent.of({ type: 'ping' })]])).toBe(': ping\n\n');
  });
});

/** Streams keep the arguments as the model wrote them. */
function withParsedArguments(completion: unknown): unknown {
  return JSON.parse(JSON.stringify(completion));
}
