import type { MessagesRequest } from '../../protocol/messages.ts';
import type { RequestTransformer } from '../plugin.ts';
import { checkFields, field, modelFilter } from './settings.ts';

/** Sets how answers are sampled: `{temperature?, topP?, topK?, models?}`, in place of what the client asked for. */
export class Sampling implements RequestTransformer {
  readonly #set: Partial<Pick<MessagesRequest, 'temperature' | 'top_p' | 'top_k'>> = {};
  readonly #isFor: (model: string) => boolean;

  constructor(config: Record<string, unknown> = {}) {
    checkFields(config, ['temperature', 'topP', 'top_p', 'topK', 'top_k', 'models']);
    const temperature = field(config, 'temperature', 'number');
    const topP = field(config, 'topP', 'number') ?? field(config, 'top_p', 'number');
    const topK = field(config, 'topK', 'number') ?? field(config, 'top_k', 'number');
    if (temperature !== undefined) this.#set.temperature = temperature;
    if (topP !== undefined) this.#set.top_p = topP;
    if (topK !== undefined) this.#set.top_k = topK;
    this.#isFor = modelFilter(config);
  }

  transform(request: MessagesRequest, targetModel: string): MessagesRequest {
    return this.#isFor(targetModel) ? { ...request, ...this.#set } : request;
  }
}
