import type { Dialect } from '../dialect.ts';
import { ollama } from '../ollama/index.ts';
import { encodeRequest } from './request.ts';

/** Ollama's completion of one prompt: replies as those of its chat, but no tools and no roles. */
export const ollamaGenerate: Dialect = {
  ...ollama,
  name: 'ollama-generate',
  path: () => '/api/generate',
  encodeRequest,
};
