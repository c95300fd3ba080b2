import type { ToolChoice } from '../../protocol/messages.ts';
import type { Quirks } from '../quirks.ts';
import { type FunctionTool, wireName } from './tools.ts';

/** Where a choice can't be said, what is offered says it. */
export function offeredTools(
  functions: FunctionTool[],
  choice: ToolChoice | undefined,
  { toolChoice }: Quirks,
): FunctionTool[] {
  if (choice?.type === 'none' && toolChoice === 'none') return [];
  const named = choice?.type === 'tool' ? functions.filter((tool) => tool.name === choice.name) : [];
  return toolChoice === 'string' && named.length > 0 ? named : functions;
}

/**
 * The choice as the service understands it: a field, or a line for the system text where it understands none.
 * `named` writes the choice of one tool in the form of the dialect.
 */
export function encodeChoice(
  choice: ToolChoice | undefined,
  functions: readonly FunctionTool[],
  { toolChoice, toolChoiceAny }: Quirks,
  named: (name: string) => unknown,
): { field?: unknown; hints: string[] } {
  if (!choice) return { hints: [] };
  const forced = choice.type === 'any' || choice.type === 'tool';
  if (toolChoice === 'none') {
    if (!forced) return { hints: [] };
    const tool = choice.type === 'tool' ? functions.find(({ name }) => name === choice.name) : undefined;
    return { hints: [tool ? `You must call the tool ${wireName(tool.name)}.` : 'You must call one of the tools.'] };
  }
  if (!forced) return { field: choice.type === 'none' ? 'none' : 'auto', hints: [] };
  if (choice.type === 'any' || toolChoice === 'string') return { field: toolChoiceAny, hints: [] };
  return { field: named(wireName(String(choice.name))), hints: [] };
}
