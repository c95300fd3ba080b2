import { dirname } from 'node:path';
import { replyPlace } from '../../cache/kept-reply.ts';
import { Failure } from '../../call/failure.ts';
import { type Paths, resolvePaths } from '../../config/paths.ts';
import { type Config, defaultConfig } from '../../config/schema.ts';
import { masterKeysOf } from '../../daemon/assemble.ts';
import { redisUrl } from '../../daemon/caches.ts';
import { reloadRouter } from '../../daemon/control.ts';
import { Ledgers } from '../../daemon/ledgers.ts';
import { readRunState } from '../../daemon/run-state.ts';
import { noSeal } from '../../ledger/engine.ts';
import { AtRest } from '../../secrets/at-rest.ts';
import { isSealed } from '../../secrets/envelope.ts';
import type { MasterKeys } from '../../secrets/master-keys.ts';
import { SecretBox, textMark } from '../../secrets/secret-box.ts';
import { RedisCache } from '../../stores/redis-cache.ts';
import type { CommandContext } from '../command.ts';
import {
  type ConfigChange,
  type ConfigPath,
  changeConfig,
  configFileOf,
  readConfig,
  readWritten,
} from '../config-file.ts';
import { exitCodes } from '../exit.ts';
import type { SecretsOptions } from '../secrets.ts';

interface Rotated {
  /** Whether a new master key seals from now on; that of the environment is the user's to change. */
  masterKey: 'new' | 'unchanged';
  /** Values of the configuration. */
  values: number;
  /** Recorded requests and replies. */
  bodies: number;
  /** Replies that are kept in Redis. */
  replies: number;
  /** What could not be opened, and was left as it is. */
  refused: string[];
  /** Why what stood in the ledger before may still be found in its files. */
  unscrubbed?: string;
}

/** Makes a new master key and encrypts anew what is kept; the keys before it still open what is elsewhere. Throws ConfigError. */
export async function rotate({ config, json }: SecretsOptions, context: CommandContext): Promise<void> {
  const { terminal, environment } = context;
  const paths = resolvePaths(environment);
  const file = configFileOf(context, config);
  const masterKeys = masterKeysOf(environment, paths);
  const rotated: Rotated = { masterKey: nextMasterKey(masterKeys), values: 0, bodies: 0, replies: 0, refused: [] };
  const box = new SecretBox(masterKeys, Date.now);
  await resealValues(file, box, rotated, context);
  const running = readRunState(paths.pidFile);
  if (running) await reloadRouter(running);
  const newest = (await readConfig(file, context)) ?? defaultConfig();
  const atRest = new AtRest(masterKeys, box);
  atRest.configure(newest.security.encryption);
  await resealRecords(newest, file, paths, atRest, rotated);
  await resealReplies(newest, atRest, rotated);
  if (json) terminal.json(rotated);
  else tell(rotated, masterKeys, context);
  if (rotated.refused.length > 0) context.exitWith(exitCodes.failed);
}

function nextMasterKey(masterKeys: MasterKeys): Rotated['masterKey'] {
  if (masterKeys.areOfEnvironment) return 'unchanged';
  if (masterKeys.current()) masterKeys.makeNext();
  else masterKeys.makeFirst();
  return 'new';
}

async function resealValues(file: string, box: SecretBox, rotated: Rotated, context: CommandContext): Promise<void> {
  const changes: ConfigChange[] = [];
  for (const { path, text } of sealedTexts(await readWritten(file), [])) {
    const opened = box.openText(text);
    if ('text' in opened) changes.push({ path, value: box.sealText(opened.text) });
    else rotated.refused.push(`${path.join('.')}: ${'absent' in opened ? opened.absent : opened.broken}`);
  }
  if (changes.length > 0) await changeConfig(file, changes, context);
  rotated.values = changes.length;
}

function sealedTexts(value: unknown, path: ConfigPath): { path: ConfigPath; text: string }[] {
  if (typeof value === 'string') return value.startsWith(textMark) ? [{ path, text: value }] : [];
  if (typeof value !== 'object' || value === null) return [];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return entries.flatMap(([key, item]) => sealedTexts(item, [...path, key]));
}

async function resealRecords(
  config: Config,
  file: string,
  { stateDirectory }: Paths,
  atRest: AtRest,
  rotated: Rotated,
): Promise<void> {
  const ledgers = new Ledgers(noSeal, () => undefined);
  const ledger = ledgers.at({ storage: config.storage, directory: dirname(file), stateDirectory });
  try {
    const { unscrubbed } = await ledger.reseal((bytes, place) => {
      const sealed = resealed(bytes, place, atRest, rotated);
      if (sealed) rotated.bodies += 1;
      return sealed ?? bytes;
    });
    if (unscrubbed !== undefined && rotated.bodies > 0) rotated.unscrubbed = unscrubbed;
  } finally {
    await ledgers.close();
  }
}

async function resealReplies({ cache }: Config, atRest: AtRest, rotated: Rotated): Promise<void> {
  if (cache?.type !== 'redis') return;
  const store = new RedisCache({ url: redisUrl(cache.connection), keyPrefix: cache.keyPrefix, waitMs: 5000 });
  try {
    rotated.replies = await store.replaceAll((key, bytes) => resealed(bytes, replyPlace(key), atRest, rotated));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    rotated.refused.push(`replies kept in Redis (${reason}): they are read with the older keys until they run out`);
  } finally {
    await store.close();
  }
}

/** The same, sealed with the newest keys; undefined where it is to be left as it is. */
function resealed(bytes: Buffer, place: string, atRest: AtRest, rotated: Rotated): Buffer | undefined {
  if (!atRest.isOn && !isSealed(bytes)) return undefined;
  try {
    return atRest.reseal(bytes, place);
  } catch (error) {
    rotated.refused.push(Failure.from(error).message);
    return undefined;
  }
}

function tell(
  { masterKey, values, bodies, replies, refused, unscrubbed }: Rotated,
  masterKeys: MasterKeys,
  { terminal }: CommandContext,
) {
  if (masterKey === 'new') {
    terminal.say(
      `A new master key seals from now on (${masterKeys.file}); the ones before it are kept to read copies.`,
    );
  } else {
    terminal.say('The master key is that of ROUTER_MASTER_KEY. To replace it, set it to NEW,OLD and rotate again.');
  }
  terminal.say(
    `Encrypted anew: ${values} values of the configuration, ${bodies} recorded requests and replies, ${replies} replies kept in Redis.`,
  );
  if (unscrubbed !== undefined) {
    terminal.say(terminal.paint.yellow(`The files of the ledger may still hold what it held before: ${unscrubbed}.`));
  }
  for (const line of refused.slice(0, mostTold)) terminal.say(terminal.paint.red(`Left as it is: ${line}`));
  if (refused.length > mostTold) terminal.say(`… and ${refused.length - mostTold} more; --json names them all.`);
}

const mostTold = 20;
