import type { Quirks } from '../../dialects/quirks.ts';
import type { ModelVariant } from './preset.ts';

/** What all Gemini models have in common. */
export const geminiQuirks: Partial<Quirks> = { maxStopSequences: 5, topK: true, documents: 'file', prefill: 'ask' };

/** What Gemini models before the third generation lack. */
const olderGemini: Partial<Quirks> = {
  thinking: 'none',
  ownTemperature: false,
  callSignatures: 'optional',
  resultMedia: 'behind',
  ownTools: 'without-functions',
  formatWithFunctions: false,
  prefill: 'native',
};

/** What holds for generations of Gemini models at Google's own API; what is unnamed is like the newest. */
export const geminiVariants: readonly ModelVariant[] = [
  { models: /gemma/, quirks: { ...olderGemini, systemRole: 'none', ownTools: 'none', jsonSchema: 'none' } },
  { models: /gemini-2\.5-pro/, quirks: { ...olderGemini, thinking: 'budget', thinkingBudget: [128, 32_768] } },
  { models: /gemini-2\.5/, quirks: { ...olderGemini, thinking: 'budget' } },
  { models: /gemini-(1|2|exp|pro$|pro-vision)/, quirks: olderGemini },
  { models: /gemini-3-pro/, quirks: { efforts: ['low', 'high'] } },
  { models: /gemini.*hydrogen/, quirks: { efforts: ['low', 'medium', 'high', 'xhigh'] } },
  { models: /gemini.*flash/, quirks: { efforts: ['minimal', 'low', 'medium', 'high'] } },
];

/** Vertex AI speaks Gemini's format with a field less. */
export const geminiAtVertex: readonly ModelVariant[] = [
  ...geminiVariants.filter(({ models }) => !models.test('gemma')),
  { models: /^gemini/i },
].map(({ models, quirks }) => ({
  models,
  dialect: 'gemini',
  quirks: { ...geminiQuirks, ...quirks, ownToolTraces: false },
}));
