import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Engine, RefusedRecord, type SqlRow, type SqlValue, type Written } from './engine.ts';
import { migrations, migrationsFrom } from './migrations.ts';
import { type Entry, entryOf, type TableName, tables } from './rows.ts';

/** The ledger in a file of this machine, which several processes may share. Throws what SQLite throws. */
export async function openSqlite(file: string, busyMs: number): Promise<Engine> {
  const { DatabaseSync } = await import('@photostructure/sqlite');
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  // Made before SQLite does, for its mode; the files beside it take the same.
  closeSync(openSync(file, 'a', 0o600));
  const database = new DatabaseSync(file);
  try {
    database.exec(`PRAGMA busy_timeout = ${busyMs}`);
    // For a new file. A record that is longer than a quarter of a page takes whole pages of its own, which few are of these.
    database.exec('PRAGMA page_size = 16384');
    // A file that another process is just making is not waited for here, whatever the timeout.
    await whileBusy(() => database.exec('PRAGMA journal_mode = WAL'));
    database.exec('PRAGMA synchronous = NORMAL');
    // After 4 MB of such pages: whoever crosses the mark copies all of it into the file.
    database.exec('PRAGMA wal_autocheckpoint = 256');
    await whileBusy(() => migrate(database));
    return new SqliteEngine(database);
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Larger ones would be rewritten for minutes, in which nobody could write. */
const mostScrubbed = 2e9;

type Database = InstanceType<typeof import('@photostructure/sqlite')['DatabaseSync']>;
type Statement = ReturnType<Database['prepare']>;

class SqliteEngine implements Engine {
  readonly #database: Database;
  readonly #inserts: Record<TableName, Statement>;

  constructor(database: Database) {
    this.#database = database;
    const insert = (name: TableName) => database.prepare(insertInto(name));
    this.#inserts = { calls: insert('calls'), attempts: insert('attempts'), bodies: insert('bodies') };
  }

  async write(batch: readonly Written[]): Promise<void> {
    const entries = batch.map(entryOf);
    try {
      await whileBusy(() => inTransaction(this.#database, () => this.#insert(entries)));
    } catch (error) {
      throw isOfRecord(error) ? new RefusedRecord(error.message, { cause: error }) : error;
    }
  }

  #insert(entries: readonly Entry[]): void {
    for (const entry of entries) {
      for (const row of entry.calls) this.#inserts.calls.run(...row);
      for (const row of entry.attempts) this.#inserts.attempts.run(...row);
      for (const row of entry.bodies) this.#inserts.bodies.run(...row);
    }
  }

  async all(sql: string, values: readonly SqlValue[]): Promise<SqlRow[]> {
    // What is deleted or replaced is overwritten. Records that are added need no such care, and cost a sixth less without it.
    const overwrites = /^(DELETE|UPDATE)/.test(sql);
    if (overwrites) this.#database.exec('PRAGMA secure_delete = ON');
    try {
      return this.#database.prepare(sql).all(...values) as SqlRow[];
    } finally {
      if (overwrites) this.#database.exec('PRAGMA secure_delete = OFF');
    }
  }

  async scrub(): Promise<string | undefined> {
    const bytes = this.#number('page_count') * this.#number('page_size');
    if (bytes > mostScrubbed) {
      return `it is larger than ${mostScrubbed / 1e9} GB; stop the router and run \`VACUUM\` with a program for SQLite`;
    }
    try {
      this.#database.exec('VACUUM');
      const { busy } = this.#database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() as { busy: number };
      return busy === 0 ? undefined : 'another process reads it; rotate again when it does not';
    } catch (error) {
      return `${error instanceof Error ? error.message : String(error)}; rotate again, best while no router runs`;
    }
  }

  #number(pragma: 'page_count' | 'page_size'): number {
    return Number(Object.values(this.#database.prepare(`PRAGMA ${pragma}`).get() as object)[0]);
  }

  async close(): Promise<void> {
    this.#database.close();
  }
}

/** Does it again while another process holds the file, for two seconds at most, without standing still between tries. */
async function whileBusy(work: () => void): Promise<void> {
  for (const until = performance.now() + 2000; ; await sleep(20)) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() > until) throw error;
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'sqliteCode' in error && error.sqliteCode === sqliteBusy;
}

const sqliteBusy = 5;

function isOfRecord(error: unknown): error is Error {
  return error instanceof Error && /constraint failed|datatype mismatch|too big/i.test(error.message);
}

function insertInto(name: TableName): string {
  const columns = Object.keys(tables[name]);
  return `INSERT OR IGNORE INTO ${name} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
}

function migrate(database: Database): void {
  database.exec('CREATE TABLE IF NOT EXISTS ledger_version (version BIGINT NOT NULL)');
  if (versionOf(database) === migrations.length) return;
  inTransaction(database, () => {
    const statements = migrationsFrom(versionOf(database), { bytes: 'BLOB', clustered: ' WITHOUT ROWID' });
    for (const statement of statements) database.exec(statement);
    database.exec(`DELETE FROM ledger_version; INSERT INTO ledger_version VALUES (${migrations.length})`);
  });
}

function versionOf(database: Database): number {
  const row = database.prepare('SELECT version FROM ledger_version').get() as { version: number } | undefined;
  return row?.version ?? 0;
}

function inTransaction(database: Database, work: () => void): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    work();
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
