import { Failure } from '../../call/failure.ts';
import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';

/** OpenAI's fields may be null where they are not set: each of these is undefined then, and throws `malformed-request` for another type. */

export function numberField(body: JsonObject, name: string): number | undefined {
  const value = body[name] ?? undefined;
  if (value === undefined || typeof value === 'number') return value;
  throw new Failure('malformed-request', `${name}: a number is required`);
}

export function stringField(body: JsonObject, name: string, path = name): string | undefined {
  const value = body[name] ?? undefined;
  if (value === undefined || typeof value === 'string') return value;
  throw new Failure('malformed-request', `${path}: a string is required`);
}

export function objectField(body: JsonObject, name: string): JsonObject | undefined {
  const value = body[name] ?? undefined;
  if (value === undefined || isJsonObject(value)) return value;
  throw new Failure('malformed-request', `${name}: an object is required`);
}

/** The objects of an array. */
export function objectsField(body: JsonObject, name: string): JsonObject[] {
  const value = body[name] ?? [];
  if (!Array.isArray(value)) throw new Failure('malformed-request', `${name}: an array is required`);
  const wrong = value.findIndex((item) => !isJsonObject(item));
  if (wrong !== -1) throw new Failure('malformed-request', `${name}.${wrong}: an object is required`);
  return value;
}

/** The model that is asked for. */
export function modelField(body: JsonObject): string {
  const model = stringField(body, 'model');
  if (!model) throw new Failure('malformed-request', 'model: a string is required');
  return model;
}

/** True for a value that says something: not absent, null, false, 0, or an empty list or object. */
export function isSaid(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === 0) return false;
  if (Array.isArray(value)) return value.length > 0;
  return !isJsonObject(value) || Object.keys(value).length > 0;
}
