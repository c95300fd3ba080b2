import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';
import { parseJson } from '../../protocol/stream-event.ts';

/**
 * The JSON text of a tool's input, from what a model wrote. Valid objects keep their text. Repairs are lossless only:
 * an empty text is `{}`, a code fence or text behind the first whole value goes, a JSON string that holds the object is
 * unwrapped, a value that the schema wants as object or array and that came as its JSON text is unwrapped.
 * Everything else is handed over unparsed, in the form that Claude Code gives to such input, and so never run as a guess.
 */
export function toolInputJson(raw: string, schema?: unknown): string {
  const text = raw.trim();
  if (text === '' || text === 'null') return '{}';
  const input = parseInput(text);
  if (input === undefined) return JSON.stringify({ __unparsedToolInput: { raw, len: raw.length } });
  const unwrapped = unwrapStringified(input.value, schema);
  return unwrapped === undefined ? input.json : JSON.stringify(unwrapped);
}

/** True where the text is one whole JSON object, and not the empty one that some servers send as a placeholder. */
export function isWholeInput(raw: string): boolean {
  const text = raw.trim();
  if (!text.startsWith('{') || !text.endsWith('}')) return false;
  const value = parseJson(text);
  return isJsonObject(value) && Object.keys(value).length > 0;
}

function parseInput(text: string): { json: string; value: JsonObject } | undefined {
  for (const candidate of candidates(text)) {
    const value = parseJson(candidate);
    if (isJsonObject(value)) return { json: candidate, value };
    if (typeof value === 'string') {
      const inner = parseJson(value);
      if (isJsonObject(inner)) return { json: value.trim(), value: inner };
    }
  }
  return undefined;
}

/** The text itself; inside a code fence; its first JSON object; behind an empty placeholder object. */
function* candidates(text: string): Generator<string> {
  yield text;
  const fence = /^```[a-zA-Z]*\s*\n([\s\S]*?)\n?```$/.exec(text);
  if (fence) yield fence[1]!.trim();
  if (!text.startsWith('{')) return;
  const end = firstObjectEnd(text);
  if (end === -1 || end === text.length) return;
  const first = text.slice(0, end);
  const rest = text.slice(end).trim();
  if (/^\{\s*\}$/.test(first) && rest.startsWith('{')) {
    const restEnd = firstObjectEnd(rest);
    if (restEnd !== -1) yield rest.slice(0, restEnd);
  }
  yield first;
}

/** Where the JSON object that begins the text ends, or -1. */
function firstObjectEnd(text: string): number {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (inString) {
      if (character === '\\') index += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') {
      depth -= 1;
      if (depth === 0) return index + 1;
    }
  }
  return -1;
}

/** A copy with stringified objects and arrays parsed where the schema says so, or undefined where nothing is to be done. */
function unwrapStringified(input: JsonObject, schema: unknown): JsonObject | undefined {
  if (!isJsonObject(schema) || !isJsonObject(schema.properties)) return undefined;
  let copy: JsonObject | undefined;
  for (const [name, value] of Object.entries(input)) {
    const property = schema.properties[name];
    if (typeof value !== 'string' || !isJsonObject(property)) continue;
    const parsed = property.type === 'object' || property.type === 'array' ? parseJson(value) : undefined;
    if (property.type === 'array' ? !Array.isArray(parsed) : !isJsonObject(parsed)) continue;
    copy ??= { ...input };
    copy[name] = parsed;
  }
  return copy;
}
