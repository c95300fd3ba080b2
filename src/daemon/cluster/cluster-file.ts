import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Environment } from '../../config/env.ts';
import { loadConfig } from '../../config/load.ts';
import { resolvePaths } from '../../config/paths.ts';
import type { Config } from '../../config/schema.ts';
import { workersOf } from './workers-of.ts';

/** A configuration file as it was read, so that every worker serves the same. */
export interface ClusterFile {
  path: string;
  text: string;
  config: Config;
  /** What relative paths in it are relative to. */
  directory: string;
}

/** Reads a configuration file. Throws ConfigError. */
export async function readClusterFile(path: string, environment: Environment): Promise<ClusterFile> {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  const { config } = await loadConfig({ path, ...(text === undefined ? {} : { text }), environment });
  return { path, text: text ?? '', config, directory: dirname(resolve(path)) };
}

/**
 * The configuration file that a router would start with, where it wants workers; undefined where it does not, or where it can't
 * be used, which is told by who starts.
 */
export async function clusterFileOf(
  configFile: string | undefined,
  environment: Environment,
): Promise<ClusterFile | undefined> {
  const path = configFile ?? environment.router.config ?? resolvePaths(environment).configFile;
  // Most files do not name it: they need not be read twice.
  if (!existsSync(path) || !readFileSync(path, 'utf8').includes('clustering')) return undefined;
  const file = await readClusterFile(path, environment).catch(() => undefined);
  return file && workersOf(file.config) !== undefined ? file : undefined;
}
