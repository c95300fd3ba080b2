import { cloudPresets } from './presets/clouds.ts';
import { geminiQuirks, geminiVariants } from './presets/gemini.ts';
import { hostedPresets } from './presets/hosted.ts';
import { localPresets } from './presets/local.ts';
import { openAiQuirks, openAiVariants } from './presets/openai.ts';
import type { Preset } from './presets/preset.ts';

export type { AuthScheme, ModelVariant, Preset } from './presets/preset.ts';

/** Every service the router knows by name, keyed by its type in the configuration. */
export const presets = {
  anthropic: {
    label: 'Anthropic',
    dialect: 'anthropic',
    baseUrl: 'https://api.anthropic.com',
    auth: 'x-api-key',
    keyVariables: ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN'],
    starterModels: ['claude-sonnet-5-5', 'claude-opus-5-5', 'claude-haiku-5-5'],
  },
  openai: {
    label: 'OpenAI',
    dialect: 'openai-chat',
    baseUrl: 'https://api.openai.com/v1',
    auth: 'bearer',
    keyVariables: ['OPENAI_API_KEY'],
    quirks: openAiQuirks,
    variants: openAiVariants,
    countsResponses: true,
    starterModels: ['gpt-6-sol', 'gpt-6-luna', 'gpt-5.1', 'gpt-5-mini', 'gpt-4.1'],
  },
  'openai-compatible': {
    label: 'OpenAI-compatible server',
    dialect: 'openai-chat',
    auth: 'bearer',
    keyVariables: [],
    keyOptional: true,
  },
  google: {
    label: 'Google Gemini',
    dialect: 'gemini',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    auth: 'x-goog-api-key',
    keyVariables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    quirks: geminiQuirks,
    variants: geminiVariants,
    starterModels: ['gemini-3.8-flash', 'gemini-3.1-pro-preview', 'gemini-2.5-pro'],
  },
  ...hostedPresets,
  ...cloudPresets,
  ...localPresets,
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof presets;

/** The preset of a provider type. */
export function presetOf(type: string): Preset | undefined {
  const name = aliases[type] ?? type;
  return Object.hasOwn(presets, name) ? presets[name as PresetName] : undefined;
}

const aliases: Record<string, string> = { gemini: 'google', local: 'ollama', dashscope: 'qwen' };
