import type { DialectName } from '../../src/dialects/dialect.ts';

/** How an upstream dies in the middle of an answer. */
export const faults = ['reset', 'close', 'stall', 'garbage', 'error event'] as const;

export type Fault = (typeof faults)[number];

export const garbage = Buffer.from('\u0000\u00ff<html>502 Bad Gateway</html>\n\n\u0007{"a":\n\n');

/** An error inside a stream, as services of this dialect report one. */
export function errorFrame(dialect: DialectName): Buffer {
  const error = { message: 'the engine is overloaded', type: 'overloaded_error', code: 503 };
  switch (dialect) {
    case 'anthropic': {
      const data = { type: 'error', error: { type: 'overloaded_error', message: error.message } };
      return Buffer.from(`\n\nevent: error\ndata: ${JSON.stringify(data)}\n\n`);
    }
    case 'openai-responses':
      return Buffer.from(
        `\n\nevent: error\ndata: ${JSON.stringify({ type: 'error', code: 'server_error', message: error.message })}\n\n`,
      );
    case 'gemini': {
      const gemini = { code: 503, message: error.message, status: 'UNAVAILABLE' };
      return Buffer.from(`\n\ndata: ${JSON.stringify({ error: gemini })}\n\n`);
    }
    case 'ollama':
    case 'ollama-generate':
      return Buffer.from(`\n${JSON.stringify({ error: error.message })}\n`);
    case 'openai-chat':
      return Buffer.from(`\n\ndata: ${JSON.stringify({ error })}\n\n`);
  }
}
