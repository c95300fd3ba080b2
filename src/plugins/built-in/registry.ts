import { CachePlugin, RateLimitPlugin } from './blocks.ts';
import { CleanCache } from './clean-cache.ts';
import { CostTrackingPlugin } from './cost-tracking.ts';
import { MaxTokens } from './max-tokens.ts';
import { Sampling } from './sampling.ts';
import { ToolUse } from './tool-use.ts';

type BuiltIn = new (config?: Record<string, unknown>) => object;

/** The plugins and transformers that come with the router, by name. */
export const builtIns: Readonly<Record<string, BuiltIn>> = {
  CostTrackingPlugin,
  CachePlugin,
  RateLimitPlugin,
  'max-tokens': MaxTokens,
  sampling: Sampling,
  'tool-use': ToolUse,
  'clean-cache': CleanCache,
};

/** The built-in of this name; however its words are put together, and with `Plugin` behind it or not. */
export function findBuiltIn(name: string): BuiltIn | undefined {
  const wanted = plainName(name);
  return Object.entries(builtIns).find(([known]) => plainName(known) === wanted)?.[1];
}

function plainName(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')
    .replace(/plugin$/, '')
    .replace(/s$/, '');
}
