import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../../src/protocol/messages.ts';

/** One recorded reply of a provider, and what must come of it. */
export interface Recording {
  id: string;
  kind: 'stream' | 'json' | 'error';
  model: string | null;
  status: number;
  headers: Record<string, string>;
  body: string;
  /** The request that was recorded with it, in the provider's form; only its tools are looked at. */
  request: JsonObject | null;
  expected: Expected;
}

export interface Expected extends Answer {
  /** Other readings that are as right. */
  alt?: Answer[];
  refusal?: string;
  /** Parts of the reply have no place in a message: the text need only be contained. */
  lossy?: string[];
  tool_calls: ExpectedCall[];
  stop_reason: string | null;
  stop_reason_any?: string[] | null;
  usage: ExpectedUsage | null;
  error?: ExpectedError;
  /** The recording ends without a finish reason: an error, or what there is. */
  truncated?: boolean;
  /** The provider refused the prompt: an error, or an answer that says so. */
  blocked?: string;
  signatures?: string[];
}

export interface Answer {
  text: string;
  reasoning: string;
}

export interface ExpectedCall {
  name: string;
  args?: JsonObject;
  input?: JsonObject;
  /** The token limit cut it. */
  invalid_json?: boolean;
}

export interface ExpectedUsage {
  input: number;
  output: number;
  cached: number;
  input_any?: number[];
  output_any?: number[];
  cached_any?: number[];
}

export interface ExpectedError {
  message?: string;
  status_any?: number[];
  type_any?: string[];
  in_stream?: boolean;
}

/** All recordings of one folder. */
export function recordingsIn(format: string): Recording[] {
  const folder = join(import.meta.dirname, format);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Recording);
}
