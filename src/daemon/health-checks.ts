import type { Config } from '../config/schema.ts';
import { checkTarget } from '../providers/check-target.ts';
import type { Health } from '../providers/health.ts';
import type { Registry } from '../providers/registry.ts';
import type { Upstream } from '../providers/transport.ts';

interface Checked {
  config: Config;
  registry: Registry;
  transport: Upstream;
}

/**
 * Looks after the models of the pool from time to time, where the configuration asks for it. Returns what ends it.
 */
export function startHealthChecks({ config, registry, transport }: Checked, health: Health): () => void {
  const { loadBalancing } = config;
  const settings = loadBalancing?.healthCheck;
  if (!settings?.enabled || loadBalancing?.enabled === false) return () => {};
  const names = loadBalancing?.models ?? [];
  const targets = names.length === 0 ? registry.targets : names.flatMap((name) => registry.find(name) ?? []);
  const look = () => {
    for (const target of targets) {
      void checkTarget(transport, target, settings.timeout * 1000, Date.now).then((result) => {
        if (result) health.noteCheck(target, result.problem);
      });
    }
  };
  look();
  const timer = setInterval(look, settings.interval * 1000);
  timer.unref();
  return () => clearInterval(timer);
}
