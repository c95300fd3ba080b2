import { anthropic } from './anthropic/index.ts';
import type { Dialect, DialectName } from './dialect.ts';
import { gemini } from './gemini/index.ts';
import { ollama } from './ollama/index.ts';
import { ollamaGenerate } from './ollama-generate/index.ts';
import { openAiChat } from './openai-chat/index.ts';
import { openAiResponses } from './openai-responses/index.ts';

/** The dialect of that name. */
export function dialectOf(name: DialectName): Dialect {
  return dialects[name];
}

const dialects: Record<DialectName, Dialect> = {
  anthropic,
  'openai-chat': openAiChat,
  ollama,
  'ollama-generate': ollamaGenerate,
  'openai-responses': openAiResponses,
  gemini,
};
