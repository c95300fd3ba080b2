import { Failure } from '../../call/failure.ts';
import type { ToolChoice, ToolDefinition } from '../../protocol/messages.ts';
import type { EncodeInput } from '../dialect.ts';

/** True for any version of Anthropic's web search. */
export function isWebSearch(tool: ToolDefinition): boolean {
  return String(tool.type).startsWith('web_search');
}

/** True for Anthropic's search among deferred tools: without it all tools are offered from the start, so nothing is lost. */
export function isToolSearch(tool: ToolDefinition): boolean {
  return String(tool.type).startsWith('tool_search_tool');
}

/** The tool of Anthropic's servers that the model is told to call, if it is one. */
export function forcedServerTool(
  choice: ToolChoice | undefined,
  tools: readonly ToolDefinition[],
): ToolDefinition | undefined {
  return choice?.type === 'tool' ? tools.find((tool) => tool.name === choice.name) : undefined;
}

/** The failure of a request that forces a server tool which the target has no like of. */
export function missingServerTool(tool: ToolDefinition, { provider, model }: EncodeInput): Failure {
  return new Failure(
    'not-expressible',
    `tool_choice: ${tool.name} is a tool of Anthropic's servers, which ${provider}/${model} does not have; choose another tool or model`,
    { provider },
  );
}
