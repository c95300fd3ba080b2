import type { Failure } from '../../call/failure.ts';
import type { EncodeInput, Revision } from '../dialect.ts';
import { reviseFields } from './revise-fields.ts';
import { reviseThinking } from './revise-thinking.ts';

/** A second request without what was refused: reasoning of earlier turns, or fields and betas that a cloud does not know. */
export function reviseRequest(failure: Failure, input: EncodeInput): Revision | undefined {
  return reviseThinking(failure, input) ?? reviseFields(failure, input);
}
