import { isJsonObject, type JsonObject, type MessagesRequest, type ToolDefinition } from '../../protocol/messages.ts';
import type { Quirks } from '../quirks.ts';
import { clientToolSchema } from './client-tools.ts';
import { shortened, shortHash } from './identifiers.ts';
import { Memo } from './memo.ts';
import { warn } from './warnings.ts';
import { writtenElements } from './written-json.ts';

/** A tool that the client runs, whoever defined it. */
export interface FunctionTool {
  name: string;
  description: string | undefined;
  /** Always `type: object` with `properties`. */
  schema: JsonObject;
  strict: boolean;
}

export interface Tools {
  /** In the client's order. */
  functions: FunctionTool[];
  /** Tools that Anthropic's servers would run (`web_search_…`, `code_execution_…`), for dialects that have their like. */
  serverTools: ToolDefinition[];
}

/**
 * The tools that hold for the next turn: additions and removals in the conversation are applied, deferred tools are
 * offered at once, placeholders are gone, Anthropic's client tools have their documented schema.
 */
export function readTools(request: MessagesRequest, warnings: string[]): Tools {
  const tools: Tools = { functions: [], serverTools: [] };
  for (const tool of effectiveTools(request)) {
    if (tool.name === 'DeferredToolPlaceholder') continue;
    const type = tool.type ?? 'custom';
    if (type === 'custom' || isJsonObject(tool.input_schema)) tools.functions.push(functionOf(tool, tool.input_schema));
    else {
      const known = clientToolSchema(type);
      if (known)
        tools.functions.push(functionOf({ ...tool, description: tool.description ?? known.description }, known.schema));
      else if (/_toolset_\d+$/.test(type)) warn(warnings, `tool ${type} dropped: not supported`);
      else tools.serverTools.push(tool);
    }
  }
  return tools;
}

const writtenTools = new Memo<Buffer>();

/** The tools in a dialect's form; `form` depends on the tool and on `quirks` alone. What was written once is remembered. */
export function writtenFunctions(
  functions: readonly FunctionTool[],
  quirks: Quirks,
  form: (tool: FunctionTool, quirks: Quirks) => JsonObject,
): Buffer[] {
  return functions.map((tool) => writtenTools.get(tool, [form, quirks], () => writtenElements([form(tool, quirks)])));
}

/** The schema of each function by the client's name for it. */
export function schemasOf(functions: readonly FunctionTool[]): Map<string, unknown> {
  return new Map(functions.map((tool) => [tool.name, tool.schema]));
}

/**
 * The name to send: only `[a-zA-Z0-9_-]`, at most `limit` characters, always the same for the same name, and so also
 * right for a call in the history whose tool is no longer offered.
 */
export function wireName(name: string, limit = 64): string {
  const legal = name.replaceAll(/[^a-zA-Z0-9_-]/g, '_');
  return shortened(legal === name ? name : `${legal}_${shortHash(name)}`, limit);
}

/** The client's names by those sent, for the names that had to be changed. */
export function changedNames(functions: readonly FunctionTool[], limit = 64): Map<string, string> {
  const changed = new Map<string, string>();
  for (const { name } of functions) {
    const sent = wireName(name, limit);
    if (sent !== name) changed.set(sent, name);
  }
  return changed;
}

const functions = new Memo<FunctionTool>();

/** The same object for the same definition. */
function functionOf(tool: ToolDefinition, schema: unknown): FunctionTool {
  return functions.get(tool, [schema], () => newFunction(tool, schema));
}

function newFunction(tool: ToolDefinition, schema: unknown): FunctionTool {
  return {
    name: tool.name,
    description: typeof tool.description === 'string' && tool.description !== '' ? tool.description : undefined,
    schema: objectSchema(schema),
    strict: tool.strict === true,
  };
}

function objectSchema(schema: unknown): JsonObject {
  if (!isJsonObject(schema)) return { type: 'object', properties: {} };
  const { $schema: _, ...rest } = schema;
  return { ...rest, type: 'object', properties: isJsonObject(schema.properties) ? schema.properties : {} };
}

/** `tools` as changed by `tool_addition` and `tool_removal` blocks of system messages, in the order they stand. */
function effectiveTools(request: MessagesRequest): ToolDefinition[] {
  const offered = (Array.isArray(request.tools) ? request.tools : []).filter(isTool);
  const tools = new Map(offered.map((tool) => [tool.name, tool]));
  for (const change of toolChanges(request)) {
    if (!isJsonObject(change.tool)) continue;
    const { definition, name, tool_name: toolName } = change.tool;
    if (change.type === 'tool_removal')
      tools.delete(String(name ?? toolName ?? (isTool(definition) ? definition.name : '')));
    else if (isTool(definition)) tools.set(definition.name, definition);
    else {
      const known = offered.find((tool) => tool.name === (name ?? toolName));
      if (known) tools.set(known.name, known);
    }
  }
  return [...tools.values()];
}

function toolChanges(request: MessagesRequest): JsonObject[] {
  const systemMessages = request.messages.filter((message) => message?.role === 'system');
  return [request.system, ...systemMessages.map(({ content }) => content)]
    .flatMap((content): unknown[] => (Array.isArray(content) ? content : []))
    .filter(isJsonObject)
    .filter((block) => block.type === 'tool_addition' || block.type === 'tool_removal');
}

function isTool(value: unknown): value is ToolDefinition {
  return isJsonObject(value) && (typeof value.name === 'string' || typeof value.type === 'string');
}
