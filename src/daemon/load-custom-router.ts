import { resolve } from 'node:path';
import type { Call } from '../call/call.ts';
import { ConfigError } from '../config/problems.ts';
import type { CustomRouter } from '../gateway/route-call.ts';
import { importFile, mainExports } from '../plugins/import-file.ts';
import type { CustomChoice, Facts } from '../routing/facts.ts';

/** How long the user's function may take, in milliseconds. */
const limitMs = 5000;

/** What the user's function is given first; facts of the call come second. */
interface RoutedRequest {
  body: unknown;
  headers: Readonly<Record<string, string>>;
  sessionId: string | undefined;
  key: string;
}

type RoutingFunction = (request: RoutedRequest, facts: Facts) => unknown;

/**
 * Loads the routing function of a file: its default export, or its only one, ESM or CommonJS. It answers with a model's
 * name, or with nothing. Throws ConfigError where there is none. What it throws, and that it takes too long, is told in the
 * decision and stops no call.
 */
export async function loadCustomRouter(path: string, directory: string): Promise<CustomRouter> {
  const file = resolve(directory, path);
  const choose = functionIn(await exportsOf(file, path), path);
  return async (call, facts) => {
    try {
      return readAnswer(await inTime(choose(requestOf(call), facts())));
    } catch (error) {
      return { model: undefined, why: `it failed: ${error instanceof Error ? error.message : String(error)}` };
    }
  };
}

async function exportsOf(file: string, path: string): Promise<unknown[]> {
  try {
    return mainExports(await importFile(file));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ConfigError('configuration', [
      { path: 'routing.router', message: `the file can’t be loaded: ${message}`, value: JSON.stringify(path) },
    ]);
  }
}

function functionIn(candidates: readonly unknown[], path: string): RoutingFunction {
  const found = candidates.find((candidate) => typeof candidate === 'function');
  if (found !== undefined) return found as RoutingFunction;
  throw new ConfigError('configuration', [
    { path: 'routing.router', message: 'the file exports no function', value: JSON.stringify(path) },
  ]);
}

/** The body is a copy of its own: what of it the router remembers for the next call is not to be changed. */
function requestOf({ request, headers, sessionId, caller }: Call): RoutedRequest {
  let body: unknown;
  return {
    get body() {
      body ??= structuredClone(request);
      return body;
    },
    headers,
    sessionId,
    key: caller.name,
  };
}

function readAnswer(answer: unknown): CustomChoice {
  if (typeof answer === 'string' && answer.trim() !== '') return { model: answer.trim() };
  if (answer === undefined || answer === null || answer === '') return { model: undefined, why: 'it chose nothing' };
  return { model: undefined, why: `it answered ${JSON.stringify(answer)?.slice(0, 80)} instead of a model’s name` };
}

async function inTime(answer: unknown): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
