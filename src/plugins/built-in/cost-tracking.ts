import type { Message, StreamEventData, Usage } from '../../protocol/messages.ts';
import { emptyUsage, mergeUsage, promptTokensOf, tokenCount } from '../../protocol/usage.ts';
import { type PluginContext, RouterPlugin } from '../plugin.ts';
import { checkFields } from './settings.ts';

/** What one model was asked for, together. */
export interface ModelCosts {
  requests: number;
  inputTokens: number;
  outputTokens: number;
  /** As far as prices are known; `unknownPrice` counts the answers without one. */
  costUsd: number;
  unknownPrice: number;
}

/** Adds up what answers cost, by model, and writes it to the log: `{logEvery?}` answers, 100 where left out. */
export class CostTrackingPlugin extends RouterPlugin {
  readonly #totals = new Map<string, ModelCosts>();
  readonly #logEvery: number;
  #answers = 0;

  constructor(config: Record<string, unknown> = {}) {
    super(config);
    checkFields(config, ['logEvery']);
    const { logEvery = 100 } = config;
    if (typeof logEvery !== 'number' || !(logEvery >= 1))
      throw new Error('logEvery: a number of at least 1 is expected');
    this.#logEvery = logEvery;
  }

  /** By the configured names of models; kept answers cost nothing and are not in it. */
  get totals(): ReadonlyMap<string, Readonly<ModelCosts>> {
    return this.#totals;
  }

  override onResponse(response: Message, context: PluginContext): undefined {
    if (response.usage) this.#add(response.usage, context);
  }

  override onStreamEvent(event: StreamEventData, context: PluginContext): undefined {
    const { notes } = context;
    if (event.type === 'message_start') notes.set('usage', event.message.usage);
    else if (event.type === 'message_delta') notes.set('usage', mergeUsage(usageIn(notes), event.usage));
    else if (event.type === 'message_stop') this.#add(usageIn(notes), context);
  }

  #add(usage: Usage, context: PluginContext): void {
    if (context.cache === 'hit') return;
    const model = context.model ?? context.requestedModel;
    const known = this.#totals.get(model) ?? {
      requests: 0,
      inputTokens: 0,
      outputTokens: 0,
      costUsd: 0,
      unknownPrice: 0,
    };
    const cost = context.costUsd(usage);
    const total = {
      requests: known.requests + 1,
      inputTokens: known.inputTokens + promptTokensOf(usage),
      outputTokens: known.outputTokens + tokenCount(usage.output_tokens),
      costUsd: known.costUsd + (cost ?? 0),
      unknownPrice: known.unknownPrice + (cost === null ? 1 : 0),
    };
    this.#totals.set(model, total);
    this.#answers += 1;
    if (this.#answers % this.#logEvery === 0) context.log('costs so far', { models: Object.fromEntries(this.#totals) });
  }
}

function usageIn(notes: Map<string, unknown>): Usage {
  return (notes.get('usage') as Usage | undefined) ?? emptyUsage();
}
