import { type MessagePort, parentPort } from 'node:worker_threads';
import { type Engine, type EnginePlace, RefusedRecord, type SqlValue, type Written } from './engine.ts';
import { openEngine } from './open-engine.ts';

/** What the thread of a ledger is asked to do. */
export type Work =
  | { work: 'open'; place: EnginePlace }
  | { work: 'write'; batch: Written[] }
  | { work: 'all'; sql: string; values: SqlValue[] }
  | { work: 'scrub' }
  | { work: 'close' };

export type Request = Work & { id: number };
export type Answer = { id: number; value: unknown } | { id: number; error: string; refused: boolean };

/** Answers one request after the other, as they come. */
function serve(port: MessagePort): void {
  let engine: Engine | undefined;
  const answer = async (work: Work): Promise<unknown> => {
    if (work.work === 'open') {
      engine = await openEngine(work.place);
      return undefined;
    }
    if (!engine) throw new Error('the ledger is not open');
    if (work.work === 'write') return engine.write(work.batch);
    if (work.work === 'all') return engine.all(work.sql, work.values);
    if (work.work === 'scrub') return engine.scrub();
    return engine.close();
  };
  port.on('message', (request: Request) => {
    answer(request).then(
      (value) => port.postMessage({ id: request.id, value } satisfies Answer),
      (error) => {
        const refused = error instanceof RefusedRecord;
        port.postMessage({ id: request.id, error: reasonOf(error), refused } satisfies Answer);
      },
    );
  });
}

/** What went wrong, in the words of whoever says it. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

if (parentPort) serve(parentPort);
