import { ConfigError } from '../config/problems.ts';
import { type Config, configSchema } from '../config/schema.ts';
import { costOf } from '../gateway/bill-call.ts';
import { Extension, type Report } from '../plugins/extension.ts';
import { Extensions } from '../plugins/extensions.ts';
import { type LoadedExtensions, loadExtensions } from '../plugins/load-extensions.ts';
import type { Registry } from '../providers/registry.ts';
import type { Logger } from '../telemetry/logger.ts';

/** The plugins and transformers of a configuration, loaded; `config` is it with the blocks that plugins stand for. */
export interface AssembledExtensions {
  config: Config;
  warnings: string[];
  /** True where code of the user's runs in this process. */
  foreign: boolean;
  /** Tells one set of plugins and transformers from another; '' where there are none. */
  version: string;
  /** In service; undefined where there are none, so that a call does nothing for them. */
  serve(logger: Logger, registry: Registry): Extensions | undefined;
}

/** Loads what a configuration names. Throws ConfigError. */
export async function assembleExtensions(
  config: Config,
  directory: string,
  given?: ReadonlyMap<string, unknown>,
): Promise<AssembledExtensions> {
  const { plugins, transformers } = config;
  const loaded = await loadExtensions({ plugins, transformers, directory, given });
  const { warnings, config: whole } = withBlocks(config, loaded);
  return {
    config: whole,
    warnings,
    foreign: loaded.files.length > 0,
    version: loaded.extensions.length === 0 ? '' : JSON.stringify([plugins, transformers, loaded.files]),
    serve(logger, registry) {
      if (loaded.extensions.length === 0) return undefined;
      const report: Report = (level, message, fields) => logger[level](message, fields);
      return new Extensions({
        extensions: loaded.extensions.map((settings) => new Extension(settings, report)),
        costMicroUsd: (model, usage) => costOf(registry.find(model), usage),
        report,
      });
    },
  };
}

/** The configuration with the blocks that plugins stand for; one that is written out wins. */
function withBlocks(config: Config, { blocks, warnings }: LoadedExtensions): { config: Config; warnings: string[] } {
  let whole = config;
  const told = [...warnings];
  for (const { name, settings, path } of blocks) {
    if (whole[name] !== undefined) {
      told.push(`${path}: the configuration has a "${name}" block, which is used instead`);
      continue;
    }
    const read = configSchema.shape[name].safeParse(settings);
    if (!read.success) {
      const problems = read.error.issues.map((issue) => ({
        path: [path, ...issue.path].join('.'),
        message: issue.message,
      }));
      throw new ConfigError('configuration', problems);
    }
    whole = { ...whole, [name]: read.data };
  }
  return { config: whole, warnings: told };
}
