import { describe, expect, it } from 'vitest';
import type { TargetConfig } from '../config/targets.ts';
import { makeTarget } from './make-target.ts';
import type { Target } from './target.ts';

function targetFor(fields: Partial<TargetConfig>): Target {
  const config: TargetConfig = {
    ...{ name: 'llama2', aliases: [], provider: 'local', providerType: 'ollama', model: 'llama2', apiKeys: [] },
    ...{ origin: 'local.models.llama2' },
    ...fields,
  };
  return makeTarget(config, {
    ...{ timeouts: { firstByte: 60_000, idle: 60_000, total: 0 }, slowStartMs: 600_000 },
    environment: () => undefined,
    missingVariables: () => [],
  });
}

describe('a model of an Ollama', () => {
  it.each([
    ['nothing more', {}, 'ollama', 'http://127.0.0.1:11434/api/chat'],
    ['a host', { baseUrl: 'http://gpu:11434/' }, 'ollama', 'http://gpu:11434/api/chat'],
    ['a base of another format', { baseUrl: 'http://gpu:11434/v1' }, 'ollama', 'http://gpu:11434/api/chat'],
    ['a path in front', { baseUrl: 'https://gpu/ollama/api' }, 'ollama', 'https://gpu/ollama/api/chat'],
    ['the cloud', { baseUrl: 'https://ollama.com' }, 'ollama', 'https://ollama.com/api/chat'],
    [
      'a path as endpoint',
      { baseUrl: 'http://localhost:11434/v1', endpoint: '/api/generate' },
      'ollama-generate',
      'http://localhost:11434/api/generate',
    ],
    [
      'a path of the chat',
      { baseUrl: 'http://localhost:11434/v1', endpoint: '/api/chat' },
      'ollama',
      'http://localhost:11434/api/chat',
    ],
    [
      'a whole address as endpoint',
      { endpoint: 'http://gpu:11434/api/generate' },
      'ollama-generate',
      'http://gpu:11434/api/generate',
    ],
    [
      'the path of another format',
      { endpoint: '/v1/chat/completions' },
      'openai-chat',
      'http://127.0.0.1:11434/v1/chat/completions',
    ],
  ])('is called where the configuration says: %s', (_, fields, dialect, url) => {
    const target = targetFor(fields);
    expect([target.dialect.name, target.url(true, ''), target.problem]).toEqual([dialect, url, undefined]);
  });

  it('is given the time to load before its first byte, unless the configuration says otherwise', () => {
    expect(targetFor({}).timeouts).toEqual({ firstByte: 600_000, idle: 60_000, total: 0 });
    expect(targetFor({ timeouts: { firstByte: 5000 } }).timeouts.firstByte).toBe(5000);
  });

  it('is known to have levels of thinking where it has', () => {
    expect(targetFor({ model: 'gpt-oss:20b' }).abilities.efforts).toEqual(['low', 'medium', 'high']);
  });
});
