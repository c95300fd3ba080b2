import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ResponseWriter } from '../../src/inbound/openai-responses/response.ts';
import { ResponsesStream } from '../../src/inbound/openai-responses/stream.ts';
import { refusalOf } from '../../src/inbound/shared/refusal.ts';
import { ToolNames } from '../../src/inbound/shared/tool-names.ts';
import type { ContentBlock } from '../../src/protocol/messages.ts';
import { StreamEvent } from '../../src/protocol/stream-event.ts';
import { type MessageStream, messageStreams } from '../support/message-streams.ts';
import { foldResponse, framesOf } from '../support/openai-streams.ts';

function writer(): ResponseWriter {
  const names = new ToolNames();
  names.add({ kind: 'custom', name: 'apply_patch', namespace: undefined });
  names.add({ kind: 'function', name: 'find', namespace: 'crm' });
  return new ResponseWriter('req_1', 1_700_000_000_000, { input: 'x', model: 'm' }, names);
}

function written({ batches }: Pick<MessageStream, 'batches'>): { text: string; content: ContentBlock[] | undefined } {
  let content: ContentBlock[] | undefined;
  const stream = new ResponsesStream(writer(), (whole) => {
    content = whole;
  });
  return { text: Buffer.concat(batches.map((batch) => stream.write(batch))).toString('utf8'), content };
}

describe('a response stream', () => {
  it('is legal, and folds into the response that the message alone would be, whatever the message and its pieces', () => {
    fc.assert(
      fc.property(messageStreams, (stream) => {
        const { message } = stream;
        const { text, content } = written(stream);
        const { response, violations } = foldResponse(framesOf(text));
        expect(violations).toEqual([]);
        const output = writer().output(message.content, refusalOf(message));
        expect(response).toEqual(JSON.parse(JSON.stringify(writer().ended(message, output))));
        expect(content).toEqual(message.content);
      }),
      { numRuns: 500 },
    );
  });

  it('tells a call of a tool in a namespace by both names', () => {
    const block = { type: 'tool_use', id: 'toolu_1', name: 'crm__find', input: {} };
    const output = writer().output([block], null);
    expect(output).toMatchObject([{ type: 'function_call', namespace: 'crm', name: 'find', arguments: '{}' }]);
  });

  it('fails where the message breaks off', () => {
    const error = { type: 'rate_limit_error', message: 'slow down' };
    const { text, content } = written({ batches: [[StreamEvent.of({ type: 'error', error })]] });
    const { response, violations } = foldResponse(framesOf(text));
    expect(violations).toEqual([]);
    expect(response).toMatchObject({ status: 'failed', error: { code: 'rate_limit_exceeded', message: 'slow down' } });
    expect(content).toBeUndefined();
  });
});
