import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';
import type { EncodeInput } from '../dialect.ts';
import type { Quirks } from '../quirks.ts';
import { functionForm } from '../shared/function-form.ts';
import { withoutReferences } from '../shared/schema-references.ts';
import { forcedServerTool, isToolSearch, missingServerTool } from '../shared/server-tools.ts';
import { encodeChoice, offeredTools } from '../shared/tool-choice.ts';
import { type FunctionTool, type Tools, writtenFunctions } from '../shared/tools.ts';
import { warn } from '../shared/warnings.ts';

/** The tools to offer, and lines for the system text: the server knows no choice among them. */
export interface WireTools {
  /** Each written already. */
  tools: Buffer[];
  hints: string[];
}

/** Tools and the choice among them. Throws Failure `not-expressible` where a tool of Anthropic's servers is forced. */
export function encodeTools({ functions, serverTools }: Tools, input: EncodeInput, warnings: string[]): WireTools {
  const choice = isJsonObject(input.request.tool_choice) ? input.request.tool_choice : undefined;
  const forced = forcedServerTool(choice, serverTools);
  if (forced) throw missingServerTool(forced, input);
  for (const tool of serverTools) {
    if (!isToolSearch(tool))
      warn(warnings, `tool ${String(tool.name ?? tool.type)} dropped: ${input.provider} has no such tool of its own`);
  }
  const quirks: Quirks = { ...input.quirks, toolChoice: 'none' };
  const offered = offeredTools(functions, choice, quirks);
  if (offered.length === 0) return { tools: [], hints: [] };
  const { hints } = encodeChoice(choice, offered, quirks, String);
  if (choice?.disable_parallel_tool_use === true) hints.push('Call at most one tool at a time.');
  return {
    tools: writtenFunctions(offered, input.quirks, ollamaForm),
    hints,
  };
}

function ollamaForm(tool: FunctionTool, quirks: Quirks): JsonObject {
  return functionForm({ ...tool, schema: withoutReferences(tool.schema) }, quirks);
}
