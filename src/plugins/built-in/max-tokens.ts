import type { MessagesRequest } from '../../protocol/messages.ts';
import type { RequestTransformer } from '../plugin.ts';
import { checkFields, field, modelFilter } from './settings.ts';

/** Lets answers be at most so long: `{maxTokens, models?}`. */
export class MaxTokens implements RequestTransformer {
  readonly #most: number;
  readonly #isFor: (model: string) => boolean;

  constructor(config: Record<string, unknown> = {}) {
    checkFields(config, ['maxTokens', 'max_tokens', 'models']);
    const most = field(config, 'maxTokens', 'number') ?? field(config, 'max_tokens', 'number');
    if (most === undefined || most < 1) throw new Error('maxTokens: a number of at least 1 is needed');
    this.#most = most;
    this.#isFor = modelFilter(config);
  }

  transform(request: MessagesRequest, targetModel: string): MessagesRequest {
    const { max_tokens } = request;
    if (!this.#isFor(targetModel) || (typeof max_tokens === 'number' && max_tokens <= this.#most)) return request;
    const { thinking } = request;
    // Thinking must leave room for an answer.
    const budget = typeof thinking?.budget_tokens === 'number' && thinking.budget_tokens >= this.#most;
    const changed = { ...request, max_tokens: this.#most };
    if (budget && this.#most > leastThinking)
      changed.thinking = { ...thinking, budget_tokens: Math.max(leastThinking, this.#most >> 1) };
    else if (budget) delete changed.thinking;
    return changed;
  }
}

/** Anthropic takes no smaller budget. */
const leastThinking = 1024;
