import { type TokenFamily, tokenFamilyOf } from './token-family.ts';
import type { CountedRequest } from './tokens.ts';

/** A prompt is a lesson from so many tokens on: in shorter ones the provider's own overhead outweighs the text. */
const shortestLesson = 500;
/** How far a model's own count may be from the estimate and still be one of the same prompt. */
const widest = 2.5;
const weight = 0.2;
const mostModels = 1000;

/**
 * Estimated tokens of prompts, which learn from what providers report: a model that has always counted a tenth more than was
 * estimated is estimated a tenth higher.
 */
export class PromptEstimates {
  readonly #measure: (request: CountedRequest) => (family: TokenFamily) => number;
  /** Uncalibrated estimates of requests that are on their way, by model. */
  readonly #estimated = new WeakMap<object, Map<string, number>>();
  readonly #factors = new Map<string, number>();

  constructor(measure: (request: CountedRequest) => (family: TokenFamily) => number) {
    this.#measure = measure;
  }

  /** Tokens of the whole prompt as this model counts them. */
  estimate(request: CountedRequest, model: string): number {
    return Math.round(this.#plain(request, model) * (this.#factors.get(model) ?? 1));
  }

  /** The provider's count of a prompt that was estimated; of any other nothing is learnt. */
  learn(request: CountedRequest, model: string, promptTokens: number): void {
    const estimated = this.#estimated.get(request)?.get(model);
    if (estimated === undefined || promptTokens < shortestLesson) return;
    const factor = promptTokens / estimated;
    if (!(factor <= widest && factor >= 1 / widest)) return;
    const known = this.#factors.get(model);
    if (known === undefined && this.#factors.size >= mostModels) return;
    this.#factors.set(model, known === undefined ? factor : known + (factor - known) * weight);
  }

  #plain(request: CountedRequest, model: string): number {
    let byModel = this.#estimated.get(request);
    if (!byModel) {
      byModel = new Map();
      this.#estimated.set(request, byModel);
    }
    let estimated = byModel.get(model);
    if (estimated === undefined) {
      estimated = this.#measure(request)(tokenFamilyOf(model));
      byModel.set(model, estimated);
    }
    return estimated;
  }
}
