import type { Dialect, DialectName, EncodeInput, Exchange } from '../../src/dialects/dialect.ts';
import { plainQuirks } from '../../src/dialects/quirks.ts';
import { dialectOf } from '../../src/dialects/registry.ts';
import { isJsonObject, type ToolDefinition } from '../../src/protocol/messages.ts';
import { presetOf } from '../../src/providers/presets.ts';
import type { ExpectedCall, Recording } from './recording.ts';

/** The folders of recordings, and the provider type whose dialect and quirks read them. */
export const formats: Record<string, string> = {
  'openai-chat': 'openai-compatible',
  'openai-responses': 'openai-compatible',
  openrouter: 'openrouter',
  deepseek: 'deepseek',
  groq: 'groq',
  mistral: 'mistral',
  xai: 'xai',
  ollama: 'ollama',
  anthropic: 'anthropic',
  gemini: 'google',
};

/** Where it is not the dialect of the provider's preset. */
const dialects: Record<string, DialectName> = { 'openai-responses': 'openai-responses' };

/** What stands behind the address of a provider that answers in this format; its usual base where that says it all. */
export function pathOf(format: string): string {
  return dialects[format] === 'openai-responses' ? '/v1/responses' : '/v1';
}

/** What the router would hold of the call that the recording answers. */
export function exchangeFor(format: string, recording: Recording): { dialect: Dialect; exchange: Exchange } {
  const preset = presetOf(formats[format]!)!;
  const dialect = dialectOf(dialects[format] ?? preset.dialect);
  const input: EncodeInput = {
    request: {
      model: 'any',
      max_tokens: 4096,
      messages: [{ role: 'user', content: 'Answer.' }],
      tools: toolsOf(recording),
    },
    rawBody: undefined,
    callId: recording.id,
    provider: format,
    model: recording.model ?? 'unnamed',
    stream: recording.kind === 'stream',
    quirks: { ...plainQuirks, ...preset.quirks },
    abilities: {},
    sessionId: undefined,
    anthropicHeaders: {},
  };
  return { dialect, exchange: dialect.encodeRequest(input).exchange };
}

/** The tools of the recorded request in any provider's form, else those that were called. */
export function toolsOf({ request, expected }: Recording): ToolDefinition[] {
  const entries = Array.isArray(request?.tools) ? request.tools.filter(isJsonObject) : [];
  const declared = entries.flatMap((entry) => {
    const declarations = entry.functionDeclarations ?? entry.function_declarations ?? [entry.function ?? entry];
    return Array.isArray(declarations) ? declarations.filter(isJsonObject) : [];
  });
  const tools = declared.filter((tool) => typeof tool.name === 'string').map(toolOf);
  return [...tools, ...expected.tool_calls.filter((call) => !tools.some((tool) => tool.name === call.name)).map(toolOf)];
}

function toolOf(tool: ExpectedCall | Record<string, unknown>): ToolDefinition {
  const schema = 'parameters' in tool ? tool.parameters : 'input_schema' in tool ? tool.input_schema : undefined;
  return { name: String(tool.name), input_schema: isJsonObject(schema) ? schema : { type: 'object', properties: {} } };
}
