import { afterAll, describe, expect, it } from 'vitest';
import { environmentFrom } from '../../src/config/env.ts';
import { type Assembly, assemble } from '../../src/daemon/assemble.ts';
import { originalBlocks } from './blocks.ts';

const blocks = originalBlocks();
const keys = ['ANTHROPIC', 'OPENAI', 'GOOGLE', 'OPENROUTER'].map((name) => [`${name}_API_KEY`, 'a key']);
const variables = { ...Object.fromEntries(keys), REDIS_PASSWORD: 'a password', ROUTER_HOME: '/nowhere' };
const assemblies: Assembly[] = [];

afterAll(async () => {
  for (const { transport } of assemblies) await transport.destroy();
});

async function assembled(config: unknown): Promise<Assembly> {
  const configText = { text: JSON.stringify(config), format: 'json' as const, directory: '/nowhere' };
  const assembly = await assemble({ configText, environment: environmentFrom(variables) });
  assemblies.push(assembly);
  return assembly;
}

describe('the configuration of the original text', () => {
  it('is all found', () => {
    expect(blocks.map((block) => Object.keys(block).join(' '))).toEqual([
      'router models routing',
      'routingRules',
      'openai',
      'google',
      'local',
      'openrouter',
      'loadBalancing',
      'costOptimization',
      'intelligentRouting',
      'logging',
      'cache',
      'security',
      'rateLimit',
      'performance',
    ]);
  });

  it.each(blocks.map((block) => [Object.keys(block).join(', '), block] as const))('loads: %s', async (_, block) => {
    const { registry } = await assembled(block);
    expect(registry.targets.length).toBeGreaterThan(0);
  });

  it('loads all together, with every model ready', async () => {
    const { registry, defaultModel } = await assembled(Object.assign({}, ...blocks));
    expect(defaultModel).toBe('claude-3-sonnet');
    expect(registry.targets.map(({ name, provider, problem }) => [name, provider, problem])).toEqual([
      ['claude-3-sonnet', 'anthropic', undefined],
      ['gpt-4', 'openai', undefined],
      ['gemini-pro', 'google', undefined],
      ['gpt-3.5-turbo', 'openai', undefined],
      ['gemini-pro-vision', 'google', undefined],
      ['llama2', 'local', undefined],
      ['codellama', 'local', undefined],
      ['anthropic/claude-3-sonnet', 'openrouter', undefined],
      ['openai/gpt-4', 'openrouter', undefined],
      ['google/gemini-pro', 'openrouter', undefined],
    ]);
  });

  it('sends calls where it says', async () => {
    const { registry } = await assembled(Object.assign({}, ...blocks));
    const urls = registry.targets.map(({ name, url }) => [name, url(true, '')]);
    expect(Object.fromEntries(urls)).toEqual({
      'claude-3-sonnet': 'https://api.anthropic.com/v1/messages',
      'gpt-4': 'https://api.openai.com/v1/chat/completions',
      'gpt-3.5-turbo': 'https://api.openai.com/v1/chat/completions',
      'gemini-pro': 'https://generativelanguage.googleapis.com/v1beta/models/gemini-pro:streamGenerateContent?alt=sse',
      'gemini-pro-vision':
        'https://generativelanguage.googleapis.com/v1beta/models/gemini-pro-vision:streamGenerateContent?alt=sse',
      llama2: 'http://localhost:11434/api/generate',
      codellama: 'http://localhost:11434/api/generate',
      'anthropic/claude-3-sonnet': 'https://openrouter.ai/api/v1/chat/completions',
      'openai/gpt-4': 'https://openrouter.ai/api/v1/chat/completions',
      'google/gemini-pro': 'https://openrouter.ai/api/v1/chat/completions',
    });
  });
});
