import type { CallRecord } from '../call/record.ts';
import { bodyPlace, type Engine, type Seal, type SqlRow, type SqlValue } from './engine.ts';
import type { CallFilter } from './ledger.ts';

/** The newest calls that fit, without bodies. */
export async function readCalls(engine: Engine, filter: CallFilter): Promise<CallRecord[]> {
  const conditions = ['started_at >= ?', 'started_at < ?'];
  const values: SqlValue[] = [Math.floor(filter.since), Math.floor(filter.until)];
  const { model, provider, key: caller, session, rule, outcome } = filter;
  for (const [column, value] of Object.entries({ model, provider, caller, session, rule, outcome })) {
    if (value === undefined) continue;
    conditions.push(`${column} = ?`);
    values.push(value);
  }
  const rows = await engine.all(
    `SELECT record FROM calls WHERE ${conditions.join(' AND ')} ORDER BY started_at DESC, id DESC LIMIT ?`,
    [...values, filter.limit],
  );
  return rows.map(({ record }) => JSON.parse(String(record)) as CallRecord);
}

/** One call with what was recorded of its bodies. */
export async function readCall(engine: Engine, id: string, seal: Seal): Promise<CallRecord | undefined> {
  const [row] = await engine.all('SELECT started_at, record FROM calls WHERE id = ?', [id]);
  if (!row) return undefined;
  const record = JSON.parse(String(row.record)) as CallRecord;
  const bodies = await engine.all('SELECT kind, truncated, content FROM bodies WHERE started_at = ? AND call_id = ?', [
    Number(row.started_at),
    id,
  ]);
  const bodyOf = (kind: string) => bodies.find((body) => body.kind === kind);
  const [request, reply] = [bodyOf('request'), bodyOf('reply')];
  if (!request || !reply) return record;
  const opened = (row: SqlRow, kind: 'request' | 'reply') =>
    seal.open(Buffer.from(row.content as Uint8Array), bodyPlace(id, kind));
  const truncated = Number(reply.truncated) === 1;
  return { ...record, bodies: { request: opened(request, 'request'), reply: opened(reply, 'reply'), truncated } };
}

/** Deletes what began before a moment, a little at a time; resolves with true while there may be more. */
export async function deleteBefore(engine: Engine, moment: number): Promise<boolean> {
  const [row] = await engine.all(
    'SELECT started_at FROM calls WHERE started_at < ? ORDER BY started_at LIMIT 1 OFFSET ?',
    [moment, deletedAtOnce],
  );
  // The row at the limit goes too, so that every step deletes something.
  const before = row ? Number(row.started_at) + 1 : moment;
  for (const table of ['bodies', 'attempts', 'calls']) {
    await engine.all(`DELETE FROM ${table} WHERE started_at < ?`, [before]);
  }
  return row !== undefined;
}

const deletedAtOnce = 1000;
