import type { JsonObject } from '../../protocol/messages.ts';
import type { Quirks } from '../quirks.ts';
import { schemaFor } from './tool-schema.ts';
import { type FunctionTool, wireName } from './tools.ts';

/** A tool in the form of chat completions, which Ollama shares. */
export function functionForm({ name, description, schema }: FunctionTool, quirks: Quirks): JsonObject {
  return {
    type: 'function',
    function: {
      name: wireName(name),
      ...(description === undefined ? {} : { description: description.slice(0, quirks.toolDescriptionLimit) }),
      parameters: schemaFor(schema, quirks.toolSchemas),
    },
  };
}
