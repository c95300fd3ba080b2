import type { Failure } from '../../call/failure.ts';
import type { EncodeInput, Revision } from '../dialect.ts';
import { nearestEffort, requestedEffort } from '../shared/effort.ts';

/**
 * The field `think`: one of the model's levels where it has such, and then it can't be switched off (gpt-oss), else on or
 * off. Undefined where the client leaves it to the model, and for a model that is known not to think.
 */
export function thinkOf({ request, abilities }: EncodeInput): boolean | string | undefined {
  const asked = requestedEffort(request);
  if (abilities.reasoning === false || asked.kind === 'default') return undefined;
  const levels = (abilities.efforts ?? []).filter((level) => knownLevels.has(level));
  if (asked.kind === 'level') return nearestEffort(asked.level, levels) ?? true;
  return abilities.efforts?.includes('none') ? false : (levels[0] ?? false);
}

const knownLevels: ReadonlySet<string> = new Set(['low', 'medium', 'high']);

/** A model that does not think refuses `think`, and an old server refuses levels: asked once more without it. */
export function reviseRequest(failure: Failure, input: EncodeInput): Revision | undefined {
  if (failure.kind !== 'upstream-refused-request' || thinkOf(input) === undefined) return undefined;
  if (!/does not support thinking|\bthink\b/i.test(failure.message)) return undefined;
  return {
    input: { ...input, abilities: { ...input.abilities, reasoning: false } },
    warning: `thinking left out: ${input.provider}/${input.model} refused it`,
  };
}
