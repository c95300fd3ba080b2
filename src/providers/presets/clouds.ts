import { geminiAtVertex } from './gemini.ts';
import { openAiModelsAmong, openAiQuirks, openAiVariants } from './openai.ts';
import type { Preset } from './preset.ts';

/** Clouds that sell the models of others. */
export const cloudPresets = {
  azure: {
    label: 'Azure OpenAI',
    cloud: 'azure',
    dialect: 'openai-chat',
    auth: 'api-key',
    keyVariables: ['AZURE_OPENAI_API_KEY', 'AZURE_API_KEY'],
    quirks: openAiQuirks,
    variants: [{ models: /claude/i, dialect: 'anthropic' }, ...openAiVariants],
  },
  foundry: {
    label: 'Azure AI Foundry',
    cloud: 'azure',
    dialect: 'anthropic',
    auth: 'api-key',
    keyVariables: ['ANTHROPIC_FOUNDRY_API_KEY', 'AZURE_API_KEY'],
    variants: openAiModelsAmong(/^(?!.*claude)/i),
  },
  vertex: {
    label: 'Google Vertex AI',
    cloud: 'vertex',
    dialect: 'anthropic',
    auth: 'bearer',
    keyVariables: ['GOOGLE_APPLICATION_CREDENTIALS'],
    variants: [...geminiAtVertex, { models: /^[^/]+\//, dialect: 'openai-chat' }],
  },
  bedrock: {
    label: 'Amazon Bedrock',
    cloud: 'bedrock',
    dialect: 'anthropic',
    auth: 'bearer',
    keyVariables: ['AWS_BEARER_TOKEN_BEDROCK'],
    variants: [{ models: /^([a-z]+\.)?openai\./, dialect: 'openai-chat' }],
    starterModels: ['sonnet', 'opus', 'haiku'].map((kind) => `global.anthropic.claude-${kind}-5-5`),
  },
} as const satisfies Record<string, Preset>;
