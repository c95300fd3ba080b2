import { resolve } from 'node:path';
import type { Paths } from '../config/paths.ts';
import type { Config } from '../config/schema.ts';
import type { LogSettings } from '../telemetry/logger.ts';
import type { RunSettings } from './run-router.ts';

/** How a configuration wants its log written: by this process, or by the one that writes for all. */
export function logSettings(
  {
    logLevel,
    environment,
    background,
    commons,
  }: Pick<RunSettings, 'logLevel' | 'environment' | 'background' | 'commons'>,
  { config, paths, directory }: { config: Config; paths: Paths; directory: string },
): LogSettings {
  const { logging, router } = config;
  const level = logLevel ?? environment.router.logLevel ?? logging.level ?? router.logLevel;
  const format = logging.format ?? (process.stdout.isTTY ? 'pretty' : 'json');
  if (commons) return { level, format, console: false, sink: (line) => commons.writeLine(line) };
  const { maxSize, maxFiles, compress } = logging.file;
  const path = logging.file.path === undefined ? paths.logFile : resolve(directory, logging.file.path);
  const toFile = background || logging.outputs.includes('file');
  return {
    ...{ level, format, console: !background && logging.outputs.includes('console') },
    ...(toFile ? { file: { path, maxBytes: maxSize, maxFiles, compress } } : {}),
  };
}
