import type { Call } from '../call/call.ts';

/** What routing may know of a call. */
export interface Facts {
  /** The `model` of the request, without a `[1m]` mark. */
  requestedModel: string;
  /** The model that the `x-router-model` header names. */
  headerModel: string | undefined;
  /** False where the client asked for no other target than the one it chose. */
  fallbackAllowed: boolean;
  /** The models that the caller's key is limited to. */
  allowedModels: readonly string[] | undefined;
}

export function readFacts(call: Call): Facts {
  return {
    requestedModel: call.request.model.replace(/\[1m\]$/i, ''),
    headerModel: call.headers['x-router-model']?.trim() || undefined,
    fallbackAllowed: call.headers['x-router-fallback']?.trim().toLowerCase() !== 'off',
    allowedModels: call.caller.models,
  };
}
