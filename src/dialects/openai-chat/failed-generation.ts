import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';
import { parseJson } from '../../protocol/stream-event.ts';
import type { Exchange } from '../dialect.ts';

/**
 * The one call that a server's parser refused (`tool_use_failed`), where its text is nothing but that call: of a tool that
 * was offered, with arguments that fit its schema. Undefined for anything that would have to be guessed.
 */
export function failedGeneration(error: unknown, exchange: Exchange): { name: string; arguments: string } | undefined {
  if (!isJsonObject(error) || error.code !== 'tool_use_failed' || typeof error.failed_generation !== 'string')
    return undefined;
  const call = readCall(error.failed_generation.trim());
  if (!call) return undefined;
  const clientName = exchange.toolNames.get(call.name) ?? call.name;
  if (!exchange.toolSchemas.has(clientName) || !fits(call.input, exchange.toolSchemas.get(clientName)))
    return undefined;
  return { name: call.name, arguments: JSON.stringify(call.input) };
}

interface WrittenCall {
  name: string;
  input: JsonObject;
}

function readCall(text: string): WrittenCall | undefined {
  const tagged = /^<function=([\w-]+)>?\s*(\{[\s\S]*\})\s*(?:<\/function>)?$/.exec(text);
  if (tagged) {
    const input = parseJson(tagged[2]!);
    return isJsonObject(input) ? { name: tagged[1]!, input } : undefined;
  }
  const fenced = /^```(?:json)?\s*\n([\s\S]*?)\n?```$/.exec(text);
  const wrapped = /^<tool_call>([\s\S]*)<\/tool_call>$/.exec(text);
  return callIn(parseJson((fenced?.[1] ?? wrapped?.[1] ?? text).trim()));
}

/** `{tool_calls: [call]}`, `[call]`, or the call itself, under the names that models give to its parts. */
function callIn(value: unknown): WrittenCall | undefined {
  if (Array.isArray(value)) return value.length === 1 ? callIn(value[0]) : undefined;
  if (!isJsonObject(value)) return undefined;
  if (Array.isArray(value.tool_calls)) return callIn(value.tool_calls);
  if (isJsonObject(value.function)) return callIn(value.function);
  const written = value.arguments ?? value.parameters;
  const input = typeof written === 'string' ? parseJson(written) : written;
  return typeof value.name === 'string' && isJsonObject(input) ? { name: value.name, input } : undefined;
}

/** A shallow check: what is required is there, nothing stands there that may not, and types are those of the schema. */
function fits(input: JsonObject, schema: unknown): boolean {
  if (!isJsonObject(schema)) return false;
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  if (required.some((name) => input[String(name)] === undefined)) return false;
  return Object.entries(input).every(([name, value]) => {
    const property = properties[name];
    if (!isJsonObject(property)) return property === true || schema.additionalProperties !== false;
    return typeof property.type !== 'string' || isOfType(value, property.type);
  });
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isJsonObject(value);
    case 'integer':
      return Number.isInteger(value);
    case 'null':
      return value === null;
    default:
      return type === typeof value;
  }
}
