import type { ConfigSource } from '../config/load.ts';
import { assemble } from './assemble.ts';

export interface CheckedConfig {
  warnings: string[];
  /** A line for each model that can't be called. */
  problems: string[];
}

/** Whether a router could run with this configuration, and what it would say of it. Throws ConfigError where it could not. */
export async function checkConfig(source: ConfigSource): Promise<CheckedConfig> {
  const { environment } = source;
  const assembly = await assemble(
    'path' in source ? { configFile: source.path, environment } : { configText: source, environment },
  );
  await assembly.transport.destroy();
  const { warnings, registry } = assembly;
  const problems = registry.targets
    .filter(({ problem }) => problem !== undefined)
    .map(({ name, problem }) => `model ${name} can't be called: ${problem}`);
  return { warnings, problems };
}
