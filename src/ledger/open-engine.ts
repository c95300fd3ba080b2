import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Engine, EnginePlace } from './engine.ts';

/** Loads the driver and opens the database in this thread. Throws whatever the driver throws. */
export async function openEngine({ url, directory, busyMs }: EnginePlace): Promise<Engine> {
  if (/^postgres(ql)?:/.test(url)) return (await import('./postgres-engine.ts')).openPostgres(url);
  return (await import('./sqlite-engine.ts')).openSqlite(sqliteFile(url, directory), busyMs);
}

/** The file of `sqlite:FILE`, `sqlite://FILE`, `file:///…`. */
export function sqliteFile(url: string, directory: string): string {
  if (url.startsWith('file://')) return fileURLToPath(url);
  const path = url.replace(/^(sqlite|file):(\/\/)?/, '');
  return isAbsolute(path) ? path : resolve(directory, path);
}
