/** What plugins and transformers are written with: `claude-code-router/plugin`. */

export { CachePlugin, RateLimitPlugin } from './plugins/built-in/blocks.ts';
export { CostTrackingPlugin, type ModelCosts } from './plugins/built-in/cost-tracking.ts';
export type {
  Message,
  MessagesRequest,
  PluginContext,
  PluginError,
  PluginRoute,
  RefusalOptions,
  RequestTransformer,
  ResponseTransformer,
  StreamEventData,
  Usage,
} from './plugins/plugin.ts';
export { RouterPlugin } from './plugins/plugin.ts';
