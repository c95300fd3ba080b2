import type { FunctionTool } from '../shared/tools.ts';
import { wireName } from '../shared/tools.ts';

/** The name to send: as other services take it, and beginning with a letter or `_`. */
export function functionName(name: string): string {
  const sent = wireName(name);
  return /^[a-zA-Z_]/.test(sent) ? sent : wireName(`_${name}`);
}

/** The client's names by those sent, for the names that had to be changed. */
export function changedFunctionNames(functions: readonly FunctionTool[]): Map<string, string> {
  const sent = functions.map(({ name }) => [functionName(name), name] as const);
  return new Map(sent.filter(([wire, name]) => wire !== name));
}
