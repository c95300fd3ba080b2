import { Failure } from '../call/failure.ts';
import { anthropic } from './anthropic/index.ts';
import type { Dialect, DialectName } from './dialect.ts';
import { gemini } from './gemini/index.ts';
import { ollama } from './ollama/index.ts';
import { ollamaGenerate } from './ollama-generate/index.ts';
import { openAiChat } from './openai-chat/index.ts';
import { openAiResponses } from './openai-responses/index.ts';

/** The dialect of that name. */
export function dialectOf(name: DialectName): Dialect {
  const dialect = dialects[name];
  if (dialect) return dialect;
  throw new Failure('internal', `the dialect "${name}" is not built in; there are ${Object.keys(dialects).join(', ')}`);
}

const dialects: Partial<Record<DialectName, Dialect>> = {
  anthropic,
  'openai-chat': openAiChat,
  ollama,
  'ollama-generate': ollamaGenerate,
  'openai-responses': openAiResponses,
  gemini,
};
