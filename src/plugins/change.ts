import { isDeepStrictEqual } from 'node:util';
import { isJsonObject } from '../protocol/messages.ts';
import type { Extension } from './extension.ts';

/**
 * Hands a copy of a value to a hook and takes what it made of it: what it returned, else the copy as it is then. The value
 * itself where nothing changed, or where what came out `isUsable` says no to; so that a hook can do nothing to anything else,
 * then or later. Throws Failure as `Extension.run` does.
 */
export async function changedBy<Value extends object>(
  extension: Extension,
  hook: string,
  requestId: string,
  value: Value,
  run: (copy: Value) => unknown,
  isUsable: (changed: object) => changed is Value,
): Promise<Value> {
  const copy = structuredClone(value);
  const ran = await extension.run(hook, requestId, () => run(copy));
  if (!ran) return value;
  const result = ran.value ?? copy;
  if (isDeepStrictEqual(result, value)) return value;
  const changed = jsonOf(result);
  if (changed && isDeepStrictEqual(changed, value)) return value;
  if (changed && isUsable(changed)) return changed;
  extension.failed(
    hook,
    requestId,
    new Error('it answered something that can’t be used in place of what it was given'),
  );
  return value;
}

/** The value as it is sent; undefined where it is no object, or nothing that can be sent. */
export function jsonOf(value: unknown): object | undefined {
  if (!isJsonObject(value)) return undefined;
  try {
    const copy: unknown = JSON.parse(JSON.stringify(value));
    return isJsonObject(copy) ? copy : undefined;
  } catch {
    return undefined;
  }
}
