import { readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  catalogInForce,
  findModel,
  knownModel,
  modelIdsOf,
  type PriceList,
  priceOf,
  shippedCatalog,
} from './catalog.ts';
import { parseCatalog } from './catalog-file.ts';

const FILE = new URL('./catalog.json', import.meta.url);

describe('findModel', () => {
  it.each([
    ['an exact id', 'anthropic', 'claude-opus-5-5', 'claude-opus-5-5'],
    ['an old short name', 'anthropic', 'claude-3-sonnet', 'claude-3-sonnet-20240229'],
    ['an old short name', 'anthropic', 'claude-3-haiku', 'claude-3-haiku-20240307'],
    ['the newest of two dated ids', 'anthropic', 'claude-3-5-sonnet', 'claude-3-5-sonnet-20241022'],
    ['a short name of one dated id', 'anthropic', 'claude-opus-4', 'claude-opus-4-20250514'],
    ['a date', 'anthropic', 'claude-opus-4-6-20260205', 'claude-opus-4-6'],
    ['dots for dashes', 'anthropic', 'claude-opus-4.6', 'claude-opus-4-6'],
    ['the words in another order', 'anthropic', 'claude-4.5-haiku', 'claude-haiku-4-5'],
    ['capitals and spaces', 'anthropic', ' Claude-Haiku-5-5 ', 'claude-haiku-5-5'],
    ['the mark of the long window', 'anthropic', 'claude-sonnet-4-6[1m]', 'claude-sonnet-4-6'],
    ['a vendor prefix at the vendor', 'openai', 'openai/gpt-4o', 'gpt-4o'],
    ['an OpenAI date', 'openai', 'gpt-5.4-2026-03-05', 'gpt-5.4'],
    ['a dated id of its own price', 'openai', 'gpt-4o-2024-05-13', 'gpt-4o-2024-05-13'],
    ['Azure spelling', 'openai', 'gpt-35-turbo', 'gpt-3.5-turbo'],
    ['a resource name', 'google', 'models/gemini-2.5-pro', 'gemini-2.5-pro'],
    ['an old name', 'google', 'gemini-pro-vision', 'gemini-1.0-pro-vision-001'],
    ['another name of the provider', 'gemini', 'gemini-pro', 'gemini-pro'],
    ['a vendor prefix at a reseller', 'openrouter', 'openai/gpt-4o', 'openai/gpt-4o'],
    ['a version', 'bedrock', 'anthropic.claude-opus-4-6-v1', 'anthropic.claude-opus-4-6-v1:0'],
    ['a region', 'bedrock', 'eu.amazon.nova-pro-v1:0', 'amazon.nova-pro-v1:0'],
    ['a Vertex date', 'vertex', 'claude-opus-4-5@20251101', 'claude-opus-4-5'],
    ['a path', 'fireworks', 'accounts/fireworks/models/kimi-k2p6', 'accounts/fireworks/models/kimi-k2p6'],
    ['a local name', 'ollama', 'llama2', 'llama2'],
  ])('finds %s', (_how, provider, model, id) => {
    expect(findModel(provider, model)?.id).toBe(id);
  });

  it.each([
    ['anthropic', 'gpt-4o'],
    ['openai', 'claude-opus-5-5'],
    ['openai', 'gpt-6-sol-mega'],
    ['anthropic', ''],
    ['nobody', 'gpt-4o'],
    ['constructor', 'gpt-4o'],
    ['openai', 'constructor'],
  ])('does not guess: %s has no %s', (provider, model) => {
    expect(findModel(provider, model)).toBeUndefined();
  });

  it('does not take a newer model for an older one of similar name', () => {
    expect(findModel('anthropic', 'claude-sonnet-5-5')?.name).toBe('Claude Sonnet 5.5');
    expect(findModel('anthropic', 'claude-sonnet-5')?.name).toBe('Claude Sonnet 5');
  });

  it('takes what a reseller leaves unsaid from the maker', () => {
    const model = findModel('bedrock', 'global.anthropic.claude-opus-5-5');
    expect(model).toMatchObject({ provider: 'bedrock', maxOutput: 128_000, input: ['text', 'image', 'pdf'] });
  });

  it('takes the price from the maker only where the reseller sells at the list', () => {
    expect(priceOf('azure', 'gpt-6-sol')?.input).toBe(2);
    expect(priceOf('openrouter', 'anthropic/claude-sonnet-5.5')?.input).toBe(2);
    expect(priceOf('openai-compatible', 'gpt-6-sol')).toBeUndefined();
    expect(findModel('openai-compatible', 'gpt-6-sol')?.contextWindow).toBe(1_050_000);
  });
});

describe('knownModel', () => {
  it.each(['gpt-4', 'gpt-3.5-turbo', 'claude-3-sonnet', 'claude-3-haiku', 'gemini-pro', 'gemini-pro-vision', 'llama2'])(
    'knows the old name %s',
    (name) => expect(knownModel(name)).toBe(true),
  );

  it.each([
    'claude-fable-5-2',
    'claude-haiku-5-5',
    'gpt-6.1-sol',
    'gpt-5.6',
    'gemini-3.8-flash',
    'gemini-4-argon',
    'openai/gpt-4o',
  ])('knows the newer name %s', (name) => expect(knownModel(name)).toBe(true));

  it.each(['gpt-77', 'claude', '', 'toString'])('does not know %j', (name) => expect(knownModel(name)).toBe(false));
});

describe('the catalogue file', () => {
  it('has a date and stays small enough to review', () => {
    expect(catalogInForce().asOf).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(statSync(FILE).size).toBeLessThan(400_000);
  });

  it('finds every model it lists under its own id', () => {
    const { providers } = JSON.parse(readFileSync(FILE, 'utf8'));
    for (const type of Object.keys(providers)) {
      for (const id of modelIdsOf(type)) expect(findModel(type, id)).toMatchObject({ id, provider: type });
    }
  });

  it('states prices that are whole numbers of millionths, and never free by accident', () => {
    const { providers } = JSON.parse(readFileSync(FILE, 'utf8'));
    const lists: [string, PriceList][] = [];
    for (const [type, { models }] of Object.entries<{
      models: Record<string, { price?: PriceList & { tiers?: PriceList[] } }>;
    }>(providers)) {
      for (const [id, { price }] of Object.entries(models)) {
        if (price) for (const list of [price, ...(price.tiers ?? [])]) lists.push([`${type} ${id}`, list]);
      }
    }
    expect(lists.length).toBeGreaterThan(800);
    for (const [where, { input, output, cacheRead, cacheWrite, cacheWrite1h }] of lists) {
      const rates = [input, output, cacheRead, cacheWrite, cacheWrite1h].filter((rate) => rate !== undefined);
      for (const rate of rates) expect(Math.abs(Math.round(rate * 1e6) - rate * 1e6), where).toBeLessThan(1e-6);
      expect(rates.every((rate) => rate > 0) || (input === 0 && output === 0), where).toBe(true);
    }
  });
});

describe('the form of a catalogue', () => {
  it('is that of the shipped one, which loses nothing by it', () => {
    expect(parseCatalog(readFileSync(FILE, 'utf8'))).toEqual(shippedCatalog());
  });
});
