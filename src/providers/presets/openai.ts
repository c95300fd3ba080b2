import type { Quirks } from '../../dialects/quirks.ts';
import type { ModelVariant } from './preset.ts';

const reasoningModel: Partial<Quirks> = {
  systemRole: 'developer',
  midConversationSystem: 'developer',
  maxTokensField: 'max_completion_tokens',
  maxStopSequences: 0,
  sampling: 'none',
  reasoningRequest: 'reasoning_effort',
};

/** What all of OpenAI's models have in common. */
export const openAiQuirks: Partial<Quirks> = {
  userText: 'parts',
  midConversationSystem: 'system',
  parallelToolCalls: true,
  toolIds: 'forty',
  documents: 'file',
  prefill: 'ask',
  promptCacheKey: true,
  serviceTier: true,
  thinkTags: false,
  toolSchemas: 'openai',
  webSearch: 'responses-tool',
};

/** Models that are asked over the Responses API: the only one they have, or the only one with tools and reasoning at once. */
function overResponses(models: RegExp, efforts: readonly string[], quirks: Partial<Quirks> = {}): ModelVariant {
  return { models, dialect: 'openai-responses', quirks: { ...reasoningModel, efforts, ...quirks } };
}

const lowToHigh = ['low', 'medium', 'high'];
const lowToXhigh = [...lowToHigh, 'xhigh'];
const lowToMax = [...lowToXhigh, 'max'];

/** Chat Completions refuses tools there unless reasoning is off; temperature is taken when it is. */
const choosesReasoning: Partial<Quirks> = { sampling: 'without-reasoning', reasoningWithTools: false };

/** What holds for kinds of OpenAI's models; the first that matches counts. */
export const openAiVariants: readonly ModelVariant[] = [
  overResponses(/^gpt-5-pro/, ['high']),
  overResponses(/^gpt-5\.\d+-pro/, ['medium', 'high', 'xhigh']),
  overResponses(/^o[134]-pro|^o\d-.*deep-research/, lowToHigh),
  overResponses(/^gpt-5\.1-codex-max|^gpt-5\.[23]-codex/, lowToXhigh),
  overResponses(/^gpt-5(\.1)?-codex/, lowToHigh),
  { models: /^gpt-5(\.\d+)?-chat/, quirks: { maxTokensField: 'max_completion_tokens' } },
  overResponses(/^gpt-5\.[45]/, ['none', ...lowToXhigh], choosesReasoning),
  overResponses(/^gpt-5\.[6-9]/, ['none', ...lowToMax], { reasoningWithTools: false }),
  overResponses(/^gpt-6-(sol|luna)|^gpt-6\.1-terra/, ['none', ...lowToMax], { sampling: 'without-reasoning' }),
  overResponses(/^gpt-[6-9]/, lowToMax),
  {
    models: /^gpt-5\.[23]/,
    quirks: { ...reasoningModel, sampling: 'without-reasoning', efforts: ['none', ...lowToXhigh] },
  },
  {
    models: /^gpt-5\.1/,
    quirks: { ...reasoningModel, sampling: 'without-reasoning', efforts: ['none', ...lowToHigh] },
  },
  { models: /^gpt-5/, quirks: { ...reasoningModel, efforts: ['minimal', ...lowToHigh] } },
  {
    models: /^o1-(mini|preview)/,
    quirks: { ...reasoningModel, systemRole: 'none', midConversationSystem: 'reminder', parallelToolCalls: false },
  },
  { models: /^o\d/, quirks: { ...reasoningModel, parallelToolCalls: false } },
  { models: /search-preview/, quirks: { sampling: 'none', webSearch: 'search-options' } },
];

/** OpenAI's form for the models that match, with what is known of its own models. */
export function openAiModelsAmong(models: RegExp): readonly ModelVariant[] {
  const variants = [...openAiVariants, { models }];
  return variants.map((variant) => ({
    dialect: 'openai-chat',
    ...variant,
    quirks: { ...openAiQuirks, ...('quirks' in variant ? variant.quirks : {}) },
  }));
}
