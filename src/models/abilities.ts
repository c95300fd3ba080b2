import { findModel } from './catalog.ts';
import { factsOf, type ModelFacts, type Sampling } from './model-facts.ts';
import { bareModelId, withoutVendor } from './model-id.ts';

export type { ModelFacts, Sampling, ThinkingType } from './model-facts.ts';

/** What a target can take; what is left out is not known and must not be guessed by who reads it. */
export interface Abilities extends ModelFacts {
  contextWindow?: number;
  /** Tokens of the prompt alone, where that limit is lower than the window. */
  maxInput?: number;
  maxOutput?: number;
  images?: boolean;
  pdf?: boolean;
  /** `yes` also for a model nobody knows: what the client asked for is passed on. */
  sampling: Sampling;
}

/** The abilities of a model at a provider: what the config overrides, else known facts of the model, else the catalogue. */
export function abilitiesOf(providerType: string, model: string, overrides: Partial<Abilities> = {}): Abilities {
  const found = findModel(providerType, model);
  const known = stated({
    contextWindow: found?.contextWindow,
    maxInput: found?.maxInput,
    maxOutput: found?.maxOutput,
    images: found?.input?.includes('image'),
    pdf: found?.input?.includes('pdf'),
    tools: found?.tools,
    reasoning: found?.reasoning,
    efforts: found?.efforts,
    sampling: found?.temperature === false ? 'no' : undefined,
  });
  const facts = factsOf(bareModelId(withoutVendor((found?.id ?? model).toLowerCase())));
  return { sampling: 'yes', ...known, ...facts, ...stated(overrides) };
}

/** Without the undefined fields, which would otherwise hide what a weaker source knows. */
function stated(fields: Partial<Abilities>): Partial<Abilities> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
