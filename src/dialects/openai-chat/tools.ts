import { isJsonObject, type JsonObject, type ToolChoice, type ToolDefinition } from '../../protocol/messages.ts';
import type { EncodeInput } from '../dialect.ts';
import type { Quirks } from '../quirks.ts';
import { functionForm } from '../shared/function-form.ts';
import { forcedServerTool, isToolSearch, isWebSearch, missingServerTool } from '../shared/server-tools.ts';
import { encodeChoice, offeredTools } from '../shared/tool-choice.ts';
import { type Tools, wireName, writtenFunctions } from '../shared/tools.ts';
import { warn } from '../shared/warnings.ts';
import { WrittenList } from '../shared/written-json.ts';

/** Fields of the request, and lines for the system text where a field can't say it. */
export interface WireTools {
  fields: JsonObject;
  hints: string[];
}

/** Tools, the choice among them, and the web search that the service does itself. */
export function encodeTools(tools: Tools, input: EncodeInput, warnings: string[]): WireTools {
  const { request, quirks } = input;
  const search = encodeServerTools(tools.serverTools, input, warnings);
  const choice = isJsonObject(request.tool_choice) ? request.tool_choice : undefined;
  refuseForcedServerTool(choice, tools.serverTools, input);
  const functions = offeredTools(tools.functions, choice, quirks);
  if (functions.length === 0) return { fields: { ...historyStubs(input), ...search }, hints: [] };
  const { field, hints } = encodeChoice(choice, functions, quirks, (name) => ({
    type: 'function',
    function: { name },
  }));
  const wantsOne = choice?.disable_parallel_tool_use === true;
  const alone = wantsOne && quirks.parallelToolCalls;
  if (wantsOne && !alone) warn(warnings, 'disable_parallel_tool_use dropped: not supported');
  return {
    fields: {
      tools: new WrittenList(writtenFunctions(functions, quirks, functionForm)),
      ...(field === undefined ? {} : { tool_choice: field }),
      ...(alone ? { parallel_tool_calls: false } : {}),
      ...search,
    },
    hints,
  };
}

/** Tools of the history, for services that refuse calls of tools they have not been told of. */
function historyStubs({ request, quirks }: EncodeInput): JsonObject {
  if (!quirks.toolsForHistory) return {};
  const names = new Set<string>();
  for (const message of request.messages) {
    for (const block of Array.isArray(message.content) ? message.content : []) {
      if (block.type === 'tool_use' && typeof block.name === 'string') names.add(wireName(block.name));
    }
  }
  if (names.size === 0) return {};
  const parameters = { type: 'object', properties: {} };
  const tools = [...names].map((name) => ({ type: 'function', function: { name, parameters } }));
  return { tools, ...(quirks.toolChoice === 'none' ? {} : { tool_choice: 'none' }) };
}

function encodeServerTools(tools: ToolDefinition[], input: EncodeInput, warnings: string[]): JsonObject {
  const { quirks, provider } = input;
  const fields: JsonObject = {};
  for (const tool of tools) {
    if (isToolSearch(tool)) continue;
    if (!isWebSearch(tool) || !searchesItself.has(quirks.webSearch)) {
      warn(warnings, `tool ${String(tool.name ?? tool.type)} dropped: ${provider} has no such tool of its own`);
      continue;
    }
    if (quirks.webSearch === 'openrouter-plugin') fields.plugins = [{ id: 'web' }];
    else fields.web_search_options = searchOptions(tool);
    for (const name of ['max_uses', 'allowed_domains', 'blocked_domains']) {
      if (tool[name] !== undefined) warn(warnings, `${name} of web_search dropped: not supported`);
    }
  }
  return fields;
}

function searchOptions({ user_location: location }: ToolDefinition): JsonObject {
  if (!isJsonObject(location)) return {};
  const { city, region, country, timezone } = location;
  return { user_location: { type: 'approximate', approximate: { city, region, country, timezone } } };
}

function refuseForcedServerTool(choice: ToolChoice | undefined, tools: ToolDefinition[], input: EncodeInput): void {
  const forced = forcedServerTool(choice, tools);
  if (!forced || (isWebSearch(forced) && searchesItself.has(input.quirks.webSearch))) return;
  throw missingServerTool(forced, input);
}

const searchesItself: ReadonlySet<Quirks['webSearch']> = new Set(['openrouter-plugin', 'search-options']);
