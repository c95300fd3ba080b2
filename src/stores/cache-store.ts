/** Where bytes are kept for a time. What is away, full or broken rejects, in time; it is then as if nothing were kept. */
export interface CacheStore {
  /** The bytes kept under this key; undefined where there are none, or none any more. */
  get(key: string): Promise<Buffer | undefined>;
  /** Keeps the bytes in place of those before, for so long. */
  set(key: string, bytes: Buffer, ttlMs: number): Promise<void>;
  close(): Promise<void>;
}
