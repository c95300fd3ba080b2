import { describe, expect, it } from 'vitest';
import type { KeptReply } from '../../src/cache/kept-reply.ts';
import { ReplyCache } from '../../src/cache/reply-cache.ts';
import { AtRest } from '../../src/secrets/at-rest.ts';
import { isSealed } from '../../src/secrets/envelope.ts';
import { MasterKeys } from '../../src/secrets/master-keys.ts';
import { SecretBox } from '../../src/secrets/secret-box.ts';
import { MemoryCache } from '../../src/stores/memory-cache.ts';

const reply: KeptReply = {
  message: {
    ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'm', stop_reason: 'end_turn', stop_sequence: null },
    ...{ content: [{ type: 'text', text: 'a secret' }], usage: { input_tokens: 1, output_tokens: 2 } },
  },
  ...{ target: 'm', provider: 'p', model: 'm', warnings: [], usageEstimated: false },
};

function cacheWith(enabled: boolean, store = new MemoryCache(1_000_000)) {
  const masterKeys = new MasterKeys({ variable: 'ab'.repeat(32), file: '' });
  const seal = new AtRest(masterKeys, new SecretBox(masterKeys, () => 0));
  seal.configure({ enabled, keyRotation: 60 });
  const settings = { ttlMs: 1000, rules: [], compression: false, now: () => 0, report: () => undefined };
  return { store, cache: new ReplyCache({ ...settings, store, seal }) };
}

describe('replies that are kept while encryption is on', () => {
  it('are sealed where they are kept, and found', async () => {
    const { store, cache } = cacheWith(true);
    await cache.keep('a', reply, 1000);
    const kept = (await store.get('a'))!;
    expect([isSealed(kept), kept.includes('a secret')]).toEqual([true, false]);
    expect(await cache.find('a')).toEqual(reply);
  });

  it('are not found where they were changed, or stand under another key', async () => {
    const { store, cache } = cacheWith(true);
    await cache.keep('a', reply, 1000);
    const kept = Buffer.from((await store.get('a'))!);
    await store.set('b', kept, 1000);
    expect(await cache.find('b')).toBeUndefined();
    kept[kept.length - 1]! ^= 1;
    await store.set('a', kept, 1000);
    expect(await cache.find('a')).toBeUndefined();
  });

  it('are not found where nobody sealed them', async () => {
    const { store, cache } = cacheWith(false);
    await cache.keep('a', reply, 1000);
    expect(await cache.find('a')).toEqual(reply);
    expect(await cacheWith(true, store).cache.find('a')).toBeUndefined();
  });
});
