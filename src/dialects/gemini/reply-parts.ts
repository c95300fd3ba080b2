import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';

/** The objects of a value that should be an array of them. */
export function objectsOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

/** The signature on a part, if there is one. */
export function signatureOn({ thoughtSignature: signature }: JsonObject): string | undefined {
  return typeof signature === 'string' && signature !== '' ? signature : undefined;
}
