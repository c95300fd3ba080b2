import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';

/** Why the model refused, in its provider's words; null where it did not, or said nothing. */
export function refusalOf({ stop_reason: reason, stop_details: details }: JsonObject): string | null {
  if (reason !== 'refusal' || !isJsonObject(details)) return null;
  return typeof details.explanation === 'string' ? details.explanation : null;
}
