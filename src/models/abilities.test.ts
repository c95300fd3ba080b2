import { describe, expect, it } from 'vitest';
import { type Abilities, abilitiesOf } from './abilities.ts';

describe('abilitiesOf', () => {
  const cases: [provider: string, model: string, expected: Partial<Abilities>][] = [
    ['openai', 'gpt-5', { efforts: ['minimal', 'low', 'medium', 'high'], sampling: 'no', maxInput: 272_000 }],
    ['openai', 'gpt-5-mini', { efforts: ['minimal', 'low', 'medium', 'high'], sampling: 'no' }],
    ['openai', 'gpt-5.1', { efforts: ['none', 'low', 'medium', 'high'], sampling: 'when-effort-none' }],
    ['openai', 'gpt-5.4', { efforts: ['none', 'low', 'medium', 'high', 'xhigh'], chatToolsNeedEffortNone: true }],
    ['openai', 'gpt-5.6', { efforts: ['none', 'low', 'medium', 'high', 'xhigh', 'max'], promptCacheBreakpoints: true }],
    [
      'openai',
      'gpt-6-sol',
      { efforts: ['none', 'low', 'medium', 'high', 'xhigh', 'max'], sampling: 'when-effort-none' },
    ],
    [
      'openai',
      'gpt-6.1-sol',
      { efforts: ['low', 'medium', 'high', 'xhigh', 'max'], sampling: 'no', contextWindow: 1_050_000 },
    ],
    ['openai', 'gpt-5-pro', { efforts: ['high'], responsesOnly: true, sampling: 'no' }],
    ['openai', 'gpt-5.1-codex', { efforts: ['low', 'medium', 'high'], responsesOnly: true, sampling: 'no' }],
    ['openai', 'gpt-5-chat-latest', { efforts: [], sampling: 'yes' }],
    ['openai', 'o3', { efforts: ['low', 'medium', 'high'], sampling: 'no', reasoning: true }],
    ['openai', 'gpt-4o', { efforts: [], sampling: 'yes', reasoning: false, images: true }],
    ['openai', 'gpt-4', { images: false, pdf: false, contextWindow: 8_192 }],
    [
      'anthropic',
      'claude-opus-5-5',
      { thinkingTypes: ['adaptive'], forcedToolChoice: 'no', defaultEffort: 'medium', sampling: 'no' },
    ],
    ['anthropic', 'claude-sonnet-5-5', { thinkingTypes: ['adaptive', 'between_tools'], forcedToolChoice: 'no' }],
    ['anthropic', 'claude-haiku-5-5', { thinkingTypes: ['adaptive'], prefill: false, contextWindow: 1_000_000 }],
    ['anthropic', 'claude-fable-5-2', { thinkingTypes: ['adaptive'], maxOutput: 128_000 }],
    ['anthropic', 'claude-opus-5', { thinkingTypes: ['adaptive', 'disabled'], disabledUpToEffort: 'high' }],
    [
      'anthropic',
      'claude-sonnet-4-6',
      { thinkingTypes: ['adaptive', 'enabled', 'disabled'], sampling: 'yes', minCacheableTokens: 2048 },
    ],
    [
      'anthropic',
      'claude-haiku-4-5-20251001',
      { thinkingTypes: ['enabled', 'disabled'], oneSamplingParameter: true, maxOutput: 64_000 },
    ],
    ['anthropic', 'claude-3-haiku', { thinkingTypes: [], reasoning: false, maxOutput: 4_096 }],
    [
      'bedrock',
      'us.anthropic.claude-opus-4-6-v1',
      { thinkingTypes: ['adaptive', 'enabled', 'disabled'], minCacheableTokens: 4096 },
    ],
    ['openrouter', 'anthropic/claude-opus-5.5', { thinkingTypes: ['adaptive'], images: true }],
    ['google', 'gemini-2.5-pro', { thinkingBudget: { min: 128, max: 32_768, canDisable: false } }],
    ['google', 'gemini-2.5-flash', { thinkingBudget: { min: 0, max: 24_576, canDisable: true } }],
    ['google', 'gemini-3.1-pro-preview', { thinkingLevels: ['low', 'medium', 'high'], pdf: true }],
    ['google', 'gemini-3.5-flash', { thinkingLevels: ['minimal', 'low', 'medium', 'high'] }],
    ['google', 'gemini-4-hydrogen', { thinkingLevels: ['low', 'medium', 'high', 'xhigh'] }],
    ['groq', 'openai/gpt-oss-120b', { efforts: ['low', 'medium', 'high'] }],
    ['vllm', 'openai/gpt-oss-20b', { efforts: ['low', 'medium', 'high'] }],
  ];
  it.each(cases)('%s %s', (provider, model, expected) => {
    expect(abilitiesOf(provider, model)).toMatchObject(expected);
  });

  it('claims nothing about a model it does not know', () => {
    expect(abilitiesOf('openai-compatible', 'our-own-model')).toEqual({ sampling: 'yes' });
  });

  it('lets the config win, field by field, and ignores what the config leaves open', () => {
    const abilities = abilitiesOf('openai', 'gpt-4', { contextWindow: 32_000, images: true, maxOutput: undefined });
    expect(abilities).toMatchObject({ contextWindow: 32_000, images: true, maxOutput: 8_192, tools: true });
  });
});
