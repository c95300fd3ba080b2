import { shortened } from '../../dialects/shared/identifiers.ts';
import { toolInputJson } from '../../dialects/shared/tool-arguments.ts';
import { scanBody } from '../../protocol/body-scan.ts';
import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';
import { parseJson } from '../../protocol/stream-event.ts';

/** A tool as the client knows it: a custom one takes a text instead of an object. */
export interface ClientTool {
  kind: 'function' | 'custom';
  name: string;
  /** Groups tools in the Responses API. */
  namespace: string | undefined;
}

/** The tools of a request by their names in the Messages form. */
export class ToolNames {
  readonly #tools = new Map<string, ClientTool>();

  add(tool: ClientTool): string {
    const name = neutralName(tool.name, tool.namespace);
    this.#tools.set(name, tool);
    return name;
  }

  /** The client's tool; one that it never offered is a function of that name. */
  find(name: string): ClientTool {
    return this.#tools.get(name) ?? { kind: 'function', name, namespace: undefined };
  }
}

/** What a tool is called in the Messages form. */
export function neutralName(name: string, namespace: string | undefined): string {
  return namespace === undefined ? name : shortened(`${namespace}__${name}`, 64);
}

/** The schema of a custom tool: one text. */
export const customToolSchema: JsonObject = {
  type: 'object',
  properties: { input: { type: 'string', description: 'The whole input of the tool, as it is' } },
  required: ['input'],
  additionalProperties: false,
};

/** The input of a call from the arguments that the client kept of it; what can't be read, or is too deep, stays a text. */
export function inputOfArguments(raw: unknown): unknown {
  const text = typeof raw === 'string' ? raw : '';
  if (scanBody(Buffer.from(text)).depth > maxDepth) return { __unparsedToolInput: { raw: text, len: text.length } };
  return parseJson(toolInputJson(text));
}

/** Deeper ones could not be written again. */
const maxDepth = 500;

/** The arguments of a call; what a model wrote that was no JSON stays as it wrote it. */
export function argumentsOfInput(input: unknown): string {
  return unparsedText(input) ?? JSON.stringify(input ?? {});
}

/** The text that a custom tool is called with. */
export function customInput(input: unknown): string {
  if (isJsonObject(input) && typeof input.input === 'string') return input.input;
  return argumentsOfInput(input);
}

function unparsedText(input: unknown): string | undefined {
  const unparsed = isJsonObject(input) ? input.__unparsedToolInput : undefined;
  return isJsonObject(unparsed) && typeof unparsed.raw === 'string' ? unparsed.raw : undefined;
}
