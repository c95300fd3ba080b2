import { describe, expect, it } from 'vitest';
import { isOwnReasoning, isRouterSignature, packReasoning, unpackReasoning } from './reasoning-state.ts';

describe('reasoning state', () => {
  it('comes back from a signature as it was packed', () => {
    const minted = { provider: 'my provider.1', model: 'a/b:c', state: { details: [{ text: 'é' }] } };
    const signature = packReasoning(minted);
    expect(isRouterSignature(signature)).toBe(true);
    expect(unpackReasoning(signature)).toEqual(minted);
  });

  it.each([undefined, '', 'EqQBCkYIBRgC', 'gw1.acme', 'gw1.acme.!!!', 'gw1.acme.e30'])(
    'is not found in %j',
    (signature) => {
      expect(unpackReasoning(signature)).toBeUndefined();
    },
  );

  it.each([
    ['acme', 'gpt-5', true],
    ['acme', 'gpt-5-2026-08-07', true],
    ['acme', 'GPT-5:free', true],
    ['acme', 'gpt-5-mini', false],
    ['acme', 'gpt-5.1', false],
    ['other', 'gpt-5', false],
  ])('of gpt-5 at acme may go to %s %s: %s', (provider, model, own) => {
    expect(isOwnReasoning({ provider: 'acme', model: 'gpt-5', state: {} }, provider, model)).toBe(own);
  });
});
