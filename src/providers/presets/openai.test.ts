import { describe, expect, it } from 'vitest';
import type { TargetConfig } from '../../config/targets.ts';
import { makeTarget } from '../make-target.ts';

describe("a model of OpenAI's", () => {
  const lowToMax = ['low', 'medium', 'high', 'xhigh', 'max'];
  it.each([
    ['gpt-4.1', 'openai-chat', undefined],
    ['gpt-4o-2024-11-20', 'openai-chat', undefined],
    ['gpt-5', 'openai-chat', ['minimal', 'low', 'medium', 'high']],
    ['gpt-5-mini', 'openai-chat', ['minimal', 'low', 'medium', 'high']],
    ['gpt-5.1', 'openai-chat', ['none', 'low', 'medium', 'high']],
    ['gpt-5.2', 'openai-chat', ['none', 'low', 'medium', 'high', 'xhigh']],
    ['o3', 'openai-chat', ['low', 'medium', 'high']],
    ['o4-mini', 'openai-chat', ['low', 'medium', 'high']],
    ['gpt-5-pro', 'openai-responses', ['high']],
    ['gpt-5.4-pro', 'openai-responses', ['medium', 'high', 'xhigh']],
    ['gpt-5-codex', 'openai-responses', ['low', 'medium', 'high']],
    ['gpt-5.1-codex-mini', 'openai-responses', ['low', 'medium', 'high']],
    ['gpt-5.1-codex-max', 'openai-responses', ['low', 'medium', 'high', 'xhigh']],
    ['o3-deep-research', 'openai-responses', ['low', 'medium', 'high']],
    ['gpt-5.4', 'openai-responses', ['none', 'low', 'medium', 'high', 'xhigh']],
    ['gpt-5.5-2026-04-23', 'openai-responses', ['none', 'low', 'medium', 'high', 'xhigh']],
    ['gpt-5.6', 'openai-responses', ['none', ...lowToMax]],
    ['gpt-5.6-terra', 'openai-responses', ['none', ...lowToMax]],
    ['gpt-6-astra', 'openai-responses', lowToMax],
    ['gpt-6.1-sol', 'openai-responses', lowToMax],
    ['gpt-6-sol', 'openai-responses', ['none', ...lowToMax]],
    ['gpt-6-luna-2026-09-01', 'openai-responses', ['none', ...lowToMax]],
    ['gpt-6.1-terra', 'openai-responses', ['none', ...lowToMax]],
  ])('%s is asked over %s, with the efforts that it has', (model, dialect, efforts) => {
    for (const type of ['openai', 'azure']) {
      const target = targetOf({ model, providerType: type });
      expect(target.dialect.name).toBe(dialect);
      if (efforts) expect(target.quirks).toMatchObject({ efforts, reasoningRequest: 'reasoning_effort' });
      else expect(target.quirks.reasoningRequest).toBe('none');
    }
  });

  it('goes to the path of its dialect', () => {
    expect(targetOf({ model: 'gpt-6-sol' }).url(true, '')).toBe('https://api.openai.com/v1/responses');
    expect(targetOf({ model: 'gpt-4.1' }).url(true, '')).toBe('https://api.openai.com/v1/chat/completions');
  });

  it('is asked in the way of a full address, whatever its name', () => {
    const chat = targetOf({ model: 'gpt-6-sol', endpoint: 'https://proxy.example/v1/chat/completions' });
    expect([chat.dialect.name, chat.url(true, '')]).toEqual([
      'openai-chat',
      'https://proxy.example/v1/chat/completions',
    ]);
    const responses = targetOf({ model: 'gpt-4.1', endpoint: 'https://proxy.example/x/responses' });
    expect([responses.dialect.name, responses.url(false, '')]).toEqual([
      'openai-responses',
      'https://proxy.example/x/responses',
    ]);
  });
});

function targetOf(fields: Partial<TargetConfig>) {
  const config = {
    ...{ name: 'm', aliases: [], provider: 'p', providerType: 'openai', model: 'm', apiKeys: ['a key'] },
    ...{ origin: 'models.m', ...fields },
  };
  return makeTarget(config, {
    ...{ timeouts: { firstByte: 0, idle: 0, total: 0 }, slowStartMs: 0 },
    environment: () => undefined,
    missingVariables: () => [],
  });
}
