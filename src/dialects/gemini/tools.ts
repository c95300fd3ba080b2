import { isJsonObject, type JsonObject, type ToolChoice, type ToolDefinition } from '../../protocol/messages.ts';
import type { EncodeInput } from '../dialect.ts';
import type { Quirks } from '../quirks.ts';
import { forcedServerTool, isToolSearch, missingServerTool } from '../shared/server-tools.ts';
import { type FunctionTool, type Tools, writtenFunctions } from '../shared/tools.ts';
import { warn } from '../shared/warnings.ts';
import { WrittenList } from '../shared/written-json.ts';
import { functionName } from './function-names.ts';
import { jsonSchemaFor } from './json-schema.ts';
import { openApiSchemaFor } from './openapi-schema.ts';
import { isEmptyObject } from './schema-parts.ts';

/** Fields of the request, and lines for the system text where a field can't say it. */
export interface WireTools {
  fields: JsonObject;
  hints: string[];
}

/** Functions, the choice among them, and the tools that Google runs itself. */
export function encodeTools(tools: Tools, input: EncodeInput, warnings: string[]): WireTools {
  const choice = isJsonObject(input.request.tool_choice) ? input.request.tool_choice : undefined;
  const { functions } = tools;
  const own = ownTools(tools.serverTools, functions.length > 0, input, warnings);
  const forced = forcedServerTool(choice, tools.serverTools);
  if (forced && !own.some(({ tool }) => tool === forced)) throw missingServerTool(forced, input);
  const offered = [
    ...(functions.length > 0
      ? [{ functionDeclarations: new WrittenList(writtenFunctions(functions, input.quirks, declaration)) }]
      : []),
    ...own.map(({ field }) => ({ [field]: {} })),
  ];
  if (offered.length === 0) return { fields: {}, hints: [] };
  const config = functions.length > 0 ? toolConfig(choice, functions, own.length > 0, input) : {};
  const alone = choice?.disable_parallel_tool_use === true && choice.type !== 'none' && functions.length > 0;
  return {
    fields: { tools: offered, ...(Object.keys(config).length > 0 ? { toolConfig: config } : {}) },
    hints: alone ? ['Call at most one tool at a time.'] : [],
  };
}

function declaration({ name, description, schema }: FunctionTool, quirks: Quirks): JsonObject {
  return {
    name: functionName(name),
    ...(description === undefined ? {} : { description: description.slice(0, quirks.toolDescriptionLimit) }),
    ...(isEmptyObject(schema)
      ? {}
      : quirks.functionSchemas === 'openapi'
        ? { parameters: openApiSchemaFor(schema) }
        : { parametersJsonSchema: jsonSchemaFor(schema) }),
  };
}

function toolConfig(
  choice: ToolChoice | undefined,
  functions: readonly FunctionTool[],
  besideOwn: boolean,
  { quirks }: EncodeInput,
): JsonObject {
  const mode = modeOf(choice, besideOwn || functions.some((tool) => tool.strict));
  const named = choice?.type === 'tool' && functions.some((tool) => tool.name === choice.name);
  const calling = {
    ...(mode === undefined ? {} : { mode }),
    ...(named ? { allowedFunctionNames: [functionName(String(choice.name))] } : {}),
  };
  return {
    ...(mode === undefined ? {} : { functionCallingConfig: calling }),
    ...(besideOwn && quirks.ownToolTraces ? { includeServerSideToolInvocations: true } : {}),
  };
}

/** `VALIDATED` is `AUTO` with arguments that match their schema for certain. */
function modeOf(choice: ToolChoice | undefined, validated: boolean): string | undefined {
  switch (choice?.type) {
    case 'none':
      return 'NONE';
    case 'any':
    case 'tool':
      return 'ANY';
    case 'auto':
      return validated ? 'VALIDATED' : 'AUTO';
    default:
      return validated ? 'VALIDATED' : undefined;
  }
}

/** A tool of Google's, and the client's definition that it stands for. */
interface OwnTool {
  field: 'googleSearch' | 'urlContext' | 'codeExecution';
  tool: ToolDefinition;
}

function ownTools(tools: ToolDefinition[], hasFunctions: boolean, input: EncodeInput, warnings: string[]): OwnTool[] {
  const { quirks, provider, model } = input;
  const offered: OwnTool[] = [];
  for (const tool of tools) {
    if (isToolSearch(tool)) continue;
    const field = ownFields.find(([pattern]) => pattern.test(String(tool.type)))?.[1];
    const name = String(tool.name ?? tool.type);
    if (!field || quirks.ownTools === 'none') {
      warn(warnings, `tool ${name} dropped: ${provider} has no such tool of its own`);
    } else if (hasFunctions && quirks.ownTools === 'without-functions') {
      warn(warnings, `tool ${name} dropped: ${model} takes none of its own beside functions`);
    } else {
      warnOfLimits(tool, name, warnings);
      if (!offered.some((own) => own.field === field)) offered.push({ field, tool });
    }
  }
  return offered;
}

const ownFields: readonly (readonly [RegExp, OwnTool['field']])[] = [
  [/^web_search_/, 'googleSearch'],
  [/^web_fetch_/, 'urlContext'],
  [/^code_execution_/, 'codeExecution'],
];

function warnOfLimits(tool: ToolDefinition, name: string, warnings: string[]): void {
  for (const limit of ['allowed_domains', 'blocked_domains', 'max_uses', 'user_location']) {
    if (tool[limit] !== undefined && tool[limit] !== null) warn(warnings, `${name}.${limit} dropped: not supported`);
  }
}
