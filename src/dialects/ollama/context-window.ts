import type { EncodeInput } from '../dialect.ts';

/**
 * The window to ask for, in tokens: the configured one, else that of the model but at first no more than 65,536, since all
 * of it is set aside in memory when the model is loaded. A prompt that does not fit gets twice as much, and so on up to what
 * is known of the model: loading it anew is better than no answer. The server lowers what is more than the model has.
 */
export function windowFor({ request, abilities }: EncodeInput): number {
  const { contextWindow: known, windowConfigured, promptTokens } = abilities;
  if (known !== undefined && windowConfigured) return known;
  const prompt = promptTokens ? promptTokens() * 1.05 : 0;
  const needed = prompt + Math.min(request.max_tokens ?? 0, roomForAnswer);
  let window = Math.min(known ?? usualWindow, largestFirstWindow);
  while (window < needed) window *= 2;
  return known === undefined ? window : Math.min(window, known);
}

/** Where nothing is known of the model: room for an agent's work, and little enough for most machines. */
const usualWindow = 32_768;

const largestFirstWindow = 65_536;

const roomForAnswer = 4096;
