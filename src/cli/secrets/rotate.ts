import { dirname } from 'node:path';
import { Failure } from '../../call/failure.ts';
import { type Paths, resolvePaths } from '../../config/paths.ts';
import { type Config, defaultConfig } from '../../config/schema.ts';
import { masterKeysOf } from '../../daemon/assemble.ts';
import { reloadRouter } from '../../daemon/control.ts';
import { Ledgers } from '../../daemon/ledgers.ts';
import { readRunState } from '../../daemon/run-state.ts';
import { noSeal } from '../../ledger/engine.ts';
import { AtRest } from '../../secrets/at-rest.ts';
import { isSealed } from '../../secrets/envelope.ts';
import type { MasterKeys } from '../../secrets/master-keys.ts';
import { SecretBox, textMark } from '../../secrets/secret-box.ts';
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
  /** What could not be opened, and was left as it is. */
  refused: string[];
}

/** Makes a new master key and encrypts anew what is kept; the keys before it still open what is elsewhere. Throws ConfigError. */
export async function rotate({ config, json }: SecretsOptions, context: CommandContext): Promise<void> {
  const { terminal, environment } = context;
  const paths = resolvePaths(environment);
  const file = configFileOf(context, config);
  const masterKeys = masterKeysOf(environment, paths);
  const rotated: Rotated = { masterKey: nextMasterKey(masterKeys), values: 0, bodies: 0, refused: [] };
  const box = new SecretBox(masterKeys, Date.now);
  await resealValues(file, box, rotated, context);
  const running = readRunState(paths.pidFile);
  if (running) await reloadRouter(running);
  await resealRecords(
    (await readConfig(file, context)) ?? defaultConfig(),
    file,
    paths,
    new AtRest(masterKeys, box),
    rotated,
  );
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
  for (const { path, text } of sealedTexts(await readWritten(file, context), [])) {
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
  atRest.configure(config.security.encryption);
  const ledgers = new Ledgers(noSeal, () => undefined);
  const ledger = ledgers.at({ storage: config.storage, directory: dirname(file), stateDirectory });
  try {
    await ledger.reseal((bytes, place) => {
      if (!atRest.isOn && !isSealed(bytes)) return bytes;
      try {
        const sealed = atRest.reseal(bytes, place);
        rotated.bodies += 1;
        return sealed;
      } catch (error) {
        rotated.refused.push(Failure.from(error).message);
        return bytes;
      }
    });
  } finally {
    await ledgers.close();
  }
}

function tell({ masterKey, values, bodies, refused }: Rotated, masterKeys: MasterKeys, { terminal }: CommandContext) {
  if (masterKey === 'new') {
    terminal.say(
      `A new master key seals from now on (${masterKeys.file}); the ones before it are kept to read copies.`,
    );
  } else {
    terminal.say('The master key is that of ROUTER_MASTER_KEY. To replace it, set it to NEW,OLD and rotate again.');
  }
  terminal.say(`Encrypted anew: ${values} values of the configuration, ${bodies} recorded requests and replies.`);
  for (const line of refused) terminal.say(terminal.paint.red(`Left as it is: ${line}`));
}
