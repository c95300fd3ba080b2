import type { StreamEvent } from '../protocol/stream-event.ts';
import type { WholeMessage } from '../protocol/whole-message.ts';

/** What a call came to, on its way to the client. */
export type Reply =
  | { kind: 'message'; headers: Record<string, string>; message: WholeMessage }
  /**
   * A legal stream in batches, one for each read of the upstream's socket. It never throws: a failure is an `error`
   * event, the last. Whoever takes a Reply must begin to read it, or the call is never settled.
   */
  | { kind: 'stream'; headers: Record<string, string>; batches: AsyncIterable<StreamEvent[]> };
