import type { Pool, PoolClient } from 'pg';
import { type Engine, RefusedRecord, type SqlRow, type SqlValue, type Written } from './engine.ts';
import { migrations, migrationsFrom } from './migrations.ts';
import { type Entry, entryOf, type TableName, tables } from './rows.ts';

/** The ledger in a PostgreSQL that several machines may share. Throws what the driver throws. */
export async function openPostgres(url: string): Promise<Engine> {
  const { default: pg } = await import('pg');
  const pool = new pg.Pool({
    connectionString: url,
    max: 3,
    connectionTimeoutMillis: 5000,
    idleTimeoutMillis: 30_000,
    statement_timeout: 30_000,
    query_timeout: 35_000,
    application_name: 'claude-code-router',
    allowExitOnIdle: true,
    types: { getTypeParser: (oid, format) => (oid === int8 ? Number : pg.types.getTypeParser(oid, format as 'text')) },
  });
  // A connection that breaks while idle is made again when it is needed.
  pool.on('error', () => undefined);
  try {
    await inTransaction(pool, migrate);
    return new PostgresEngine(pool);
  } catch (error) {
    await pool.end();
    throw error;
  }
}

const int8 = 20;
/** Any number that is the ledger's own: processes that start together migrate one after the other. */
const migrationLock = 7_241_533_902;

class PostgresEngine implements Engine {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async write(batch: readonly Written[]): Promise<void> {
    const entries = batch.map(entryOf);
    try {
      await inTransaction(this.#pool, (client) => insert(client, entries));
    } catch (error) {
      throw isOfRecord(error) ? new RefusedRecord((error as Error).message, { cause: error }) : error;
    }
  }

  async all(sql: string, values: readonly SqlValue[]): Promise<SqlRow[]> {
    let place = 0;
    const numbered = sql.replaceAll('?', () => `$${++place}`);
    const { rows } = await this.#pool.query(numbered, [...values]);
    return rows as SqlRow[];
  }

  async scrub(): Promise<string> {
    return 'PostgreSQL keeps what was replaced until it is vacuumed; `VACUUM FULL bodies` rewrites the table, and locks it meanwhile';
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}

async function insert(client: PoolClient, entries: readonly Entry[]): Promise<void> {
  for (const name of Object.keys(tables) as TableName[]) {
    const rows = entries.flatMap((entry) => entry[name]);
    if (rows.length > 0) await client.query(insertInto(name), columnsOf(name, rows));
  }
}

/** Data exceptions, violated constraints, exceeded limits. */
function isOfRecord(error: unknown): boolean {
  const code = (error as { code?: unknown })?.code;
  return typeof code === 'string' && /^(22|23|54)...$/.test(code);
}

/** One statement for a whole batch: each parameter is a column. */
function insertInto(name: TableName): string {
  const columns = Object.entries(tables[name]);
  const names = columns.map(([column]) => column).join(', ');
  const arrays = columns.map(([, type], index) => `$${index + 1}::${type === 'BYTES' ? 'bytea' : type}[]`);
  return `INSERT INTO ${name} (${names}) SELECT * FROM unnest(${arrays.join(', ')}) ON CONFLICT DO NOTHING`;
}

function columnsOf(name: TableName, rows: readonly SqlValue[][]): unknown[][] {
  return Object.keys(tables[name]).map((_, index) => rows.map((row) => wireValue(row[index])));
}

/** The driver knows bytes in arrays only as Buffers, which a thread hands on as plain ones. */
function wireValue(value: SqlValue | undefined): unknown {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : (value ?? null);
}

async function migrate(client: PoolClient): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock($1)', [migrationLock]);
  await client.query('CREATE TABLE IF NOT EXISTS ledger_version (version BIGINT NOT NULL)');
  const { rows } = await client.query<{ version: number }>('SELECT version FROM ledger_version');
  const version = rows[0]?.version ?? 0;
  const statements = migrationsFrom(version, { bytes: 'BYTEA', clustered: '' });
  if (statements.length === 0) return;
  for (const statement of statements) await client.query(statement);
  await client.query('DELETE FROM ledger_version');
  await client.query('INSERT INTO ledger_version VALUES ($1)', [migrations.length]);
}

async function inTransaction(pool: Pool, work: (client: PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    await work(client);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch((failed: Error) => {
      broken = failed;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}
