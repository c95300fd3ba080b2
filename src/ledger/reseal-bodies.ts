import { setTimeout as delay } from 'node:timers/promises';
import { bodyPlace, type Engine, type SqlRow, type SqlValue } from './engine.ts';

/** Replaces each recorded body by what `change` makes of it, a few at a time; resolves with how many there were. */
export async function resealBodies(engine: Engine, change: (bytes: Buffer, place: string) => Buffer): Promise<number> {
  let count = 0;
  let last: SqlValue[] = [-1, '', ''];
  for (;;) {
    const rows = await patiently(() =>
      engine.all(
        `SELECT started_at, call_id, kind, content FROM bodies WHERE (started_at, call_id, kind) > (?, ?, ?)
         ORDER BY started_at, call_id, kind LIMIT ${atOnce}`,
        last,
      ),
    );
    for (const row of rows) {
      last = keyOf(row);
      const place = bodyPlace(String(row.call_id), row.kind === 'reply' ? 'reply' : 'request');
      const content = change(Buffer.from(row.content as Uint8Array), place);
      const values = [content, ...last];
      const update = 'UPDATE bodies SET content = ? WHERE started_at = ? AND call_id = ? AND kind = ?';
      await patiently(() => engine.all(update, values));
    }
    count += rows.length;
    if (rows.length < atOnce) return count;
  }
}

const atOnce = 50;

function keyOf({ started_at, call_id, kind }: SqlRow): SqlValue[] {
  return [Number(started_at), String(call_id), String(kind)];
}

/** A router that runs writes to the same database, now and then for longer than this process may wait at once. */
async function patiently<Value>(work: () => Promise<Value>): Promise<Value> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (tries >= mostTries || !/locked|busy/i.test(String(error))) throw error;
      await delay(100);
    }
  }
}

const mostTries = 50;
