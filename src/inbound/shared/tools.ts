import { Failure } from '../../call/failure.ts';
import { warn } from '../../dialects/shared/warnings.ts';
import { isJsonObject, type JsonObject, type ToolChoice, type ToolDefinition } from '../../protocol/messages.ts';
import { stringField } from './fields.ts';
import { customToolSchema, neutralName, type ToolNames } from './tool-names.ts';

/** What is offered to the model, and how free it is in choosing. */
export interface ReadTools {
  tools?: ToolDefinition[];
  tool_choice?: ToolChoice;
}

/**
 * Tools and the choice among them, of either API: the Responses API writes a function flat, Chat Completions below
 * `function`. `extra` are tools that other fields ask for. Throws Failure `malformed-request`, and `not-expressible` for
 * tools that only OpenAI's servers run.
 */
export function readTools(
  body: JsonObject,
  offered: readonly JsonObject[],
  names: ToolNames,
  extra: readonly ToolDefinition[],
  warnings: string[],
): ReadTools {
  const all = [...offered.flatMap((tool, index) => readTool(tool, `tools.${index}`, names)), ...extra];
  const choice = isSet(body.tool_choice) ? body.tool_choice : undefined;
  const tools = allowedTools(all, choice);
  if (tools.length === 0) {
    if (choice !== undefined && choice !== 'none' && choice !== 'auto') warn(warnings, 'tool_choice dropped: no tools');
    return {};
  }
  const chosen = readChoice(choice);
  if (body.parallel_tool_calls !== false || chosen?.type === 'none') {
    return { tools, ...(chosen ? { tool_choice: chosen } : {}) };
  }
  return { tools, tool_choice: { ...(chosen ?? { type: 'auto' }), disable_parallel_tool_use: true } };
}

/** The search that Anthropic's servers run, from the settings of OpenAI's. */
export function webSearchTool({ user_location: location, filters }: JsonObject): ToolDefinition {
  const { approximate } = isJsonObject(location) ? location : {};
  const place = isJsonObject(approximate) ? approximate : isJsonObject(location) ? location : undefined;
  const domains = isJsonObject(filters) && Array.isArray(filters.allowed_domains) ? filters.allowed_domains : [];
  return {
    type: 'web_search_20250305',
    name: 'web_search',
    ...(domains.length > 0 ? { allowed_domains: domains } : {}),
    ...(place ? { user_location: { ...withoutNulls(place), type: 'approximate' } } : {}),
  };
}

function readTool(tool: JsonObject, path: string, names: ToolNames, namespace?: string): ToolDefinition[] {
  const type = String(tool.type ?? 'function');
  if (type === 'function')
    return [functionTool(isJsonObject(tool.function) ? tool.function : tool, path, names, namespace)];
  if (type === 'custom') return [customTool(isJsonObject(tool.custom) ? tool.custom : tool, path, names, namespace)];
  if (type === 'namespace' && Array.isArray(tool.tools)) {
    const name = toolName(tool, path);
    return tool.tools.filter(isJsonObject).flatMap((inner) => readTool(inner, `${path}.tools`, names, name));
  }
  if (/^web_search(_preview)?(_\d{4}_\d{2}_\d{2})?$/.test(type)) return [webSearchTool(tool)];
  throw new Failure(
    'not-expressible',
    `${path}: ${type} is a tool of OpenAI's servers, which this router does not have`,
  );
}

function functionTool(tool: JsonObject, path: string, names: ToolNames, namespace: string | undefined): ToolDefinition {
  const name = names.add({ kind: 'function', name: toolName(tool, path), namespace });
  const schema = isJsonObject(tool.parameters) ? tool.parameters : {};
  return {
    name,
    ...described(tool),
    input_schema: { ...schema, type: 'object', properties: isJsonObject(schema.properties) ? schema.properties : {} },
    ...(tool.strict === true ? { strict: true } : {}),
    ...(isJsonObject(tool.cache_control) ? { cache_control: tool.cache_control } : {}),
  };
}

/** A grammar can't be enforced: the model is told of it. */
function customTool(tool: JsonObject, path: string, names: ToolNames, namespace: string | undefined): ToolDefinition {
  const name = names.add({ kind: 'custom', name: toolName(tool, path), namespace });
  const format = isJsonObject(tool.format) ? tool.format : {};
  const grammar = isJsonObject(format.grammar) ? format.grammar : format;
  const texts = [tool.description];
  if (typeof grammar.definition === 'string') {
    texts.push(`The input must follow this ${String(grammar.syntax ?? 'lark')} grammar:\n${grammar.definition}`);
  }
  const description = texts.filter((text) => typeof text === 'string' && text !== '').join('\n\n');
  return { name, ...described({ description }), input_schema: customToolSchema };
}

function toolName(tool: JsonObject, path: string): string {
  const name = stringField(tool, 'name', `${path}.name`);
  if (!name) throw new Failure('malformed-request', `${path}.name: a string is required`);
  return name;
}

function described({ description }: JsonObject): { description?: string } {
  return typeof description === 'string' && description !== '' ? { description } : {};
}

function allowedTools(tools: ToolDefinition[], choice: unknown): ToolDefinition[] {
  if (!isJsonObject(choice) || choice.type !== 'allowed_tools') return tools;
  const { tools: allowed } = allowance(choice);
  const entries = Array.isArray(allowed) ? allowed.filter(isJsonObject) : [];
  return tools.filter((tool) => entries.some((entry) => nameOfChoice(entry) === tool.name));
}

/** Chat Completions writes the mode and the tools below `allowed_tools`. */
function allowance(choice: JsonObject): JsonObject {
  return isJsonObject(choice.allowed_tools) ? choice.allowed_tools : choice;
}

function readChoice(choice: unknown): ToolChoice | undefined {
  if (choice === undefined) return undefined;
  if (choice === 'auto' || choice === 'none') return { type: choice };
  if (choice === 'required' || choice === 'any') return { type: 'any' };
  if (!isJsonObject(choice))
    throw new Failure('malformed-request', `tool_choice: ${JSON.stringify(choice)} is not known`);
  if (choice.type === 'allowed_tools') return { type: allowance(choice).mode === 'required' ? 'any' : 'auto' };
  const name = nameOfChoice(choice);
  if (name === undefined) throw new Failure('malformed-request', 'tool_choice: the name of a tool is required');
  return { type: 'tool', name };
}

function nameOfChoice(choice: JsonObject): string | undefined {
  if (String(choice.type).startsWith('web_search')) return 'web_search';
  const inner = [choice.function, choice.custom].find(isJsonObject) ?? choice;
  const namespace = typeof choice.namespace === 'string' ? choice.namespace : undefined;
  return typeof inner.name === 'string' && inner.name !== '' ? neutralName(inner.name, namespace) : undefined;
}

function withoutNulls(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}
