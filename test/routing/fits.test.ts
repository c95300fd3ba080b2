import { describe, expect, it } from 'vitest';
import { measureRequest } from '../../src/models/tokens.ts';
import type { MessagesRequest } from '../../src/protocol/messages.ts';
import { readFacts } from '../../src/routing/facts.ts';

const models = ['claude-opus-5-5', 'claude-sonnet-4-5', 'gpt-5', 'gemini-3-pro', 'llama-3.3-70b-versatile'];

/** The facts of a request as it came, and how often its tokens were measured. */
function factsOf(content: unknown) {
  const request: MessagesRequest = { model: 'm', messages: [{ role: 'user', content: content as string }] };
  let measured = 0;
  const facts = readFacts(
    {
      ...{ id: 'req_test', startedAt: 0, caller: { name: 'local', permissions: new Set<never>() }, request },
      ...{ rawBody: Buffer.from(JSON.stringify(request)), query: '', headers: {}, sessionId: undefined },
      signal: new AbortController().signal,
    },
    {
      measurePrompt: (counted) => {
        measured += 1;
        return measureRequest(counted);
      },
    },
  );
  return { facts, measured: () => measured };
}

describe('whether a prompt fits a window', () => {
  it('is seen by its size where that is small enough', () => {
    const { facts, measured } = factsOf('a few words. '.repeat(1000));
    expect([facts.fitsIn(100_000, 'gpt-5'), measured()]).toEqual([true, 0]);
  });

  it.each(models)('is measured as %s counts where its size leaves that open', (model) => {
    const { facts } = factsOf('a few words. '.repeat(1000));
    const tokens = facts.promptTokens(model);
    expect([facts.fitsIn(tokens, model), facts.fitsIn(tokens - 1, model)]).toEqual([true, false]);
  });

  it('is measured where there are images, whose size says nothing', () => {
    const image = { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } };
    const { facts, measured } = factsOf(Array.from({ length: 20 }, () => image));
    expect([facts.fitsIn(12_000, 'claude-opus-5-5'), measured()]).toEqual([false, 1]);
  });

  it.each(['plain words and more of them. ', 'const x = [1, 2]; // 9\n', '漢字', '🚀', 'été ', '12345 '])(
    'is never said by its size alone where measuring says otherwise: %s',
    (text) => {
      for (const model of models) {
        const { facts } = factsOf(text.repeat(2000));
        const tokens = facts.promptTokens(model);
        expect([model, facts.fitsIn(tokens - 1, model)]).toEqual([model, false]);
      }
    },
  );
});
