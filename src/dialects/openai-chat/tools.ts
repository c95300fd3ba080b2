import { Failure } from '../../call/failure.ts';
import { isJsonObject, type JsonObject, type ToolChoice, type ToolDefinition } from '../../protocol/messages.ts';
import type { EncodeInput } from '../dialect.ts';
import { schemaFor } from '../shared/tool-schema.ts';
import { type FunctionTool, type Tools, wireName } from '../shared/tools.ts';
import { warn } from '../shared/warnings.ts';

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
  const functions = offered(tools.functions, choice, input);
  if (functions.length === 0) return { fields: { ...historyStubs(input), ...search }, hints: [] };
  const { field, hints } = encodeChoice(choice, functions, input);
  const alone = choice?.disable_parallel_tool_use === true && quirks.parallelToolCalls;
  return {
    fields: {
      tools: functions.map((tool) => functionOf(tool, input)),
      ...(field === undefined ? {} : { tool_choice: field }),
      ...(alone ? { parallel_tool_calls: false } : {}),
      ...search,
    },
    hints,
  };
}

function functionOf({ name, description, schema }: FunctionTool, { quirks }: EncodeInput): JsonObject {
  return {
    type: 'function',
    function: {
      name: wireName(name),
      ...(description === undefined ? {} : { description: description.slice(0, quirks.toolDescriptionLimit) }),
      parameters: schemaFor(schema, quirks.toolSchemas),
    },
  };
}

/** Where a choice can't be said, what is offered says it. */
function offered(functions: FunctionTool[], choice: ToolChoice | undefined, { quirks }: EncodeInput): FunctionTool[] {
  if (choice?.type === 'none' && quirks.toolChoice === 'none') return [];
  const named = choice?.type === 'tool' ? functions.filter((tool) => tool.name === choice.name) : [];
  return quirks.toolChoice === 'string' && named.length > 0 ? named : functions;
}

function encodeChoice(
  choice: ToolChoice | undefined,
  functions: FunctionTool[],
  { quirks }: EncodeInput,
): { field?: unknown; hints: string[] } {
  if (!choice) return { hints: [] };
  const forced = choice.type === 'any' || choice.type === 'tool';
  if (quirks.toolChoice === 'none') {
    if (!forced) return { hints: [] };
    const named = choice.type === 'tool' ? functions.find((tool) => tool.name === choice.name) : undefined;
    return { hints: [named ? `You must call the tool ${wireName(named.name)}.` : 'You must call one of the tools.'] };
  }
  if (!forced) return { field: choice.type === 'none' ? 'none' : 'auto', hints: [] };
  if (choice.type === 'any' || quirks.toolChoice === 'string') return { field: quirks.toolChoiceAny, hints: [] };
  return { field: { type: 'function', function: { name: wireName(String(choice.name)) } }, hints: [] };
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
    if (isWebSearch(tool) && quirks.webSearch === 'openrouter-plugin') fields.plugins = [{ id: 'web' }];
    else if (isWebSearch(tool) && quirks.webSearch === 'search-options')
      fields.web_search_options = searchOptions(tool);
    else warn(warnings, `tool ${String(tool.name ?? tool.type)} dropped: ${provider} has no such tool of its own`);
  }
  return fields;
}

function searchOptions({ user_location: location }: ToolDefinition): JsonObject {
  if (!isJsonObject(location)) return {};
  const { city, region, country, timezone } = location;
  return { user_location: { type: 'approximate', approximate: { city, region, country, timezone } } };
}

function refuseForcedServerTool(choice: ToolChoice | undefined, tools: ToolDefinition[], input: EncodeInput): void {
  if (choice?.type !== 'tool') return;
  const forced = tools.find((tool) => tool.name === choice.name);
  if (!forced || (isWebSearch(forced) && input.quirks.webSearch !== 'none')) return;
  throw new Failure(
    'not-expressible',
    `tool_choice: ${choice.name} is a tool of Anthropic's servers, which ${input.provider}/${input.model} does not have; choose another tool or model`,
    { provider: input.provider },
  );
}

function isWebSearch(tool: ToolDefinition): boolean {
  return String(tool.type).startsWith('web_search');
}

/** Without it all tools are offered from the start, so nothing is lost. */
function isToolSearch(tool: ToolDefinition): boolean {
  return String(tool.type).startsWith('tool_search_tool');
}
