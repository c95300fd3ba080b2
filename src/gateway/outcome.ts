import type { Failure } from '../call/failure.ts';
import type { CallRecord } from '../call/record.ts';
import type { Reply } from '../call/reply.ts';

/** A reply, or the failure that the client is told, with the headers that go on either; its record is written until the reply is over. */
export type Outcome = { record: CallRecord } & (
  | { ok: true; reply: Reply }
  | { ok: false; failure: Failure; headers: Record<string, string> }
);
