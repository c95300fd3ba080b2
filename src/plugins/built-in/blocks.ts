import { RouterPlugin } from '../plugin.ts';

/** The blocks of the configuration that a plugin can stand for. */
export type BlockName = 'cache' | 'rateLimit';

/** A plugin that is a block of the configuration by another name: the router itself does what it says. */
export abstract class BlockPlugin extends RouterPlugin {
  abstract readonly block: BlockName;
}

/** Keeps replies. Its configuration is the `cache` block. */
export class CachePlugin extends BlockPlugin {
  readonly block = 'cache';
}

/** Limits how much may be asked. Its configuration is the `rateLimit` block. */
export class RateLimitPlugin extends BlockPlugin {
  readonly block = 'rateLimit';
}

/** The block that an object stands for; undefined for any other. Another copy of this package may have made it. */
export function blockOf(value: object): { name: BlockName; settings: unknown } | undefined {
  const { block, config } = value as { block?: unknown; config?: unknown };
  return block === 'cache' || block === 'rateLimit' ? { name: block, settings: config ?? {} } : undefined;
}
