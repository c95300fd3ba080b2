/** What each version added, oldest first; never changed once it was released. `BYTES` and `CLUSTERED` differ by engine. */
export const migrations: readonly (readonly string[])[] = [
  [
    `CREATE TABLE calls (
      started_at BIGINT NOT NULL,
      id TEXT NOT NULL,
      duration_ms BIGINT NOT NULL,
      first_output_ms BIGINT,
      caller TEXT NOT NULL,
      session TEXT,
      model TEXT,
      provider TEXT,
      rule TEXT NOT NULL,
      outcome TEXT NOT NULL,
      cached BIGINT NOT NULL,
      saved_micro BIGINT,
      record TEXT NOT NULL,
      PRIMARY KEY (started_at, id)
    ) CLUSTERED`,
    'CREATE INDEX calls_by_id ON calls (id)',
    `CREATE TABLE attempts (
      started_at BIGINT NOT NULL,
      call_id TEXT NOT NULL,
      position BIGINT NOT NULL,
      target TEXT NOT NULL,
      provider TEXT NOT NULL,
      outcome TEXT NOT NULL,
      input_tokens BIGINT NOT NULL,
      output_tokens BIGINT NOT NULL,
      cache_read_tokens BIGINT NOT NULL,
      cache_write_tokens BIGINT NOT NULL,
      cost_micro BIGINT,
      unpriced BIGINT NOT NULL,
      PRIMARY KEY (started_at, call_id, position)
    ) CLUSTERED`,
    `CREATE TABLE bodies (
      started_at BIGINT NOT NULL,
      call_id TEXT NOT NULL,
      kind TEXT NOT NULL,
      truncated BIGINT NOT NULL,
      content BYTES NOT NULL,
      PRIMARY KEY (started_at, call_id, kind)
    )`,
  ],
];

/** The statements that lead from a version to the newest. Throws where the ledger is newer than this program. */
export function migrationsFrom(version: number, words: { bytes: string; clustered: string }): string[] {
  if (version > migrations.length) {
    throw new Error(
      `the ledger was written by a newer version of the router (${version}, known: ${migrations.length})`,
    );
  }
  return migrations
    .slice(version)
    .flat()
    .map((sql) => sql.replaceAll(' BYTES ', ` ${words.bytes} `).replace(' CLUSTERED', words.clustered));
}
