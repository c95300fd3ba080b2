import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environmentFrom } from '../../src/config/env.ts';
import { runRouter } from '../../src/daemon/run-router.ts';

/** A router that serves real HTTP from this process. */
export interface InProcessRouter {
  url: string;
  folder: string;
  warnings: string[];
  /** Writes the configuration anew and reloads it. */
  reconfigure(config: unknown): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a router with this configuration; `files` stand beside it. */
export async function startInProcess(
  config: unknown,
  files: Record<string, string> = {},
  logLevel = 'error',
): Promise<InProcessRouter> {
  const folder = mkdtempSync(join(tmpdir(), 'router-in-process-'));
  const configFile = join(folder, 'config.json');
  const write = (value: unknown) => writeFileSync(configFile, JSON.stringify(value));
  write(config);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const router = await runRouter({
    configFile,
    port: 0,
    host: '127.0.0.1',
    logLevel,
    environment: environmentFrom({ ROUTER_HOME: folder }),
    control: { token: 'none', stop: () => {}, reload: () => {} },
  });
  return {
    url: router.url,
    folder,
    warnings: router.warnings,
    async reconfigure(next) {
      write(next);
      await router.reload();
    },
    async stop() {
      await router.close(1000);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
