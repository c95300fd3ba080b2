import { KeyFolder } from '../../admission/key-folder.ts';
import { KeyShare } from '../../admission/key-share.ts';
import { ConfigError } from '../../config/load.ts';
import { resolvePaths } from '../../config/paths.ts';
import { readRunState } from '../../daemon/run-state.ts';
import { RedisStore } from '../../stores/redis.ts';
import type { CommandContext } from '../command.ts';
import { configFileOf, readConfig } from '../config-file.ts';

/**
 * Changes the keys of the folder. Where several routers share their state and none runs on this folder, which would do it, the change
 * begins from what the others know and is told to them; where they can't be reached, that is said.
 */
export async function withSharedKeys<Result>(
  given: string | undefined,
  context: CommandContext,
  change: () => Promise<Result>,
): Promise<Result> {
  const url = await sharedStateOf(given, context);
  if (url === undefined) return change();
  const store = new RedisStore({ url });
  const keys = new KeyShare(store, new KeyFolder(resolvePaths(context.environment).keysDirectory));
  try {
    const met = await meet(keys, context);
    const result = await change();
    if (met) await meet(keys, context);
    return result;
  } finally {
    await store.close();
  }
}

async function sharedStateOf(given: string | undefined, context: CommandContext): Promise<string | undefined> {
  const { environment, terminal } = context;
  if (readRunState(resolvePaths(environment).pidFile)) return undefined;
  try {
    return (await readConfig(configFileOf(context, given), context))?.state?.url;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const told =
      "The configuration can't be used here: routers that share a state with this one hear of it when one runs.";
    terminal.say(terminal.paint.yellow(told));
    return undefined;
  }
}

async function meet(keys: KeyShare, { terminal }: CommandContext): Promise<boolean> {
  try {
    await keys.meet();
    return true;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const told = `The shared state can't be reached (${reason}): other routers hear of it when one runs here.`;
    terminal.say(terminal.paint.yellow(told));
    return false;
  }
}
