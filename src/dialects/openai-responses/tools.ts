import { isJsonObject, type JsonObject, type ToolDefinition } from '../../protocol/messages.ts';
import type { EncodeInput } from '../dialect.ts';
import type { Quirks } from '../quirks.ts';
import { forcedServerTool, isToolSearch, isWebSearch, missingServerTool } from '../shared/server-tools.ts';
import { strictSchema } from '../shared/strict-schema.ts';
import { encodeChoice, offeredTools } from '../shared/tool-choice.ts';
import { schemaFor } from '../shared/tool-schema.ts';
import { type FunctionTool, type Tools, wireName, writtenFunctions } from '../shared/tools.ts';
import { warn } from '../shared/warnings.ts';
import { WrittenList, writtenElements } from '../shared/written-json.ts';

/** Fields of the request, and what follows from them. */
export interface WireTools {
  fields: JsonObject;
  /** Lines for the system text where a field can't say it. */
  hints: string[];
  /** What the reply is to include beside the answer. */
  include: string[];
  /** Tools, by the client's name, whose optional inputs were made required. */
  strict: ReadonlySet<string>;
}

/** Tools, the choice among them, and the web search that the service does itself. */
export function encodeTools(tools: Tools, input: EncodeInput, warnings: string[]): WireTools {
  const { request, quirks } = input;
  const choice = isJsonObject(request.tool_choice) ? request.tool_choice : undefined;
  const search = webSearch(tools.serverTools, input, warnings);
  const forced = forcedServerTool(choice, tools.serverTools);
  if (forced && !(search && isWebSearch(forced))) throw missingServerTool(forced, input);
  const functions = offeredTools(tools.functions, choice, quirks);
  const strict = new Set<string>();
  for (const tool of functions.filter((each) => each.strict)) {
    if (strictSchema(tool.schema)) strict.add(tool.name);
    else warn(warnings, `tool ${tool.name}: strict dropped: its schema can't be strict`);
  }
  const wire = [
    ...writtenFunctions(functions, quirks, functionOf),
    ...(search ? [writtenElements([search.tool])] : []),
  ];
  if (wire.length === 0) return { fields: {}, hints: [], include: [], strict: new Set() };
  const { field, hints } = forced
    ? { field: { type: 'web_search' }, hints: [] }
    : encodeChoice(choice, tools.functions, quirks, (name) => ({ type: 'function', name }));
  const alone = choice?.disable_parallel_tool_use === true && quirks.parallelToolCalls;
  return {
    fields: {
      tools: new WrittenList(wire),
      ...(field === undefined ? {} : { tool_choice: field }),
      ...(alone ? { parallel_tool_calls: false } : {}),
      ...search?.fields,
    },
    hints,
    include: search ? ['web_search_call.action.sources'] : [],
    strict,
  };
}

/** Without `strict: false` the service would make the tool strict, and rewrite what is required. */
function functionOf({ name, description, schema, strict }: FunctionTool, quirks: Quirks): JsonObject {
  const strictly = strict ? strictSchema(schema) : undefined;
  return {
    type: 'function',
    name: wireName(name),
    ...(description === undefined ? {} : { description: description.slice(0, quirks.toolDescriptionLimit) }),
    parameters: strictly ?? schemaFor(schema, quirks.toolSchemas),
    strict: strictly !== undefined,
  };
}

function webSearch(
  tools: readonly ToolDefinition[],
  { quirks, provider }: EncodeInput,
  warnings: string[],
): { tool: JsonObject; fields: JsonObject } | undefined {
  let search: ToolDefinition | undefined;
  for (const tool of tools) {
    if (isToolSearch(tool)) continue;
    if (isWebSearch(tool) && quirks.webSearch === 'responses-tool') search = tool;
    else warn(warnings, `tool ${String(tool.name ?? tool.type)} dropped: ${provider} has no such tool of its own`);
  }
  if (!search) return undefined;
  const { allowed_domains: allowed, blocked_domains: blocked, user_location: location, max_uses: most } = search;
  if (Array.isArray(blocked) && blocked.length > 0) {
    warn(warnings, 'web_search.blocked_domains dropped: not supported');
  }
  return {
    tool: {
      type: 'web_search',
      ...(Array.isArray(allowed) && allowed.length > 0 ? { filters: { allowed_domains: allowed } } : {}),
      ...(isJsonObject(location) ? { user_location: approximate(location) } : {}),
    },
    fields: typeof most === 'number' ? { max_tool_calls: most } : {},
  };
}

function approximate({ city, region, country, timezone }: JsonObject): JsonObject {
  return { type: 'approximate', city, region, country, timezone };
}
