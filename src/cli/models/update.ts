import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isLoopbackHost } from '../../admission/web-guard.ts';
import { resolvePaths } from '../../config/paths.ts';
import { reloadRouter } from '../../daemon/control.ts';
import { readRunState } from '../../daemon/run-state.ts';
import { catalogInForce, followCatalog, shippedCatalog } from '../../models/catalog.ts';
import {
  type CatalogChanges,
  type CatalogEntry,
  type CatalogFile,
  changesBetween,
  overlaid,
  parseCatalog,
} from '../../models/catalog-file.ts';
import type { CommandContext } from '../command.ts';
import { CliFailure, exitCodes } from '../exit.ts';

export interface UpdateOptions {
  reset?: boolean;
  json?: boolean;
}

/** Takes a newer catalogue, or forgets the one that was taken; a router that runs follows. Throws CliFailure. */
export async function updateCatalog(
  from: string | undefined,
  { reset = false, json }: UpdateOptions,
  context: CommandContext,
): Promise<void> {
  if ((from === undefined) !== reset) {
    const said = 'say where the newer catalogue is (a file, or an https address), or --reset for the shipped one';
    throw new CliFailure(said, exitCodes.usage);
  }
  const { terminal, environment } = context;
  const paths = resolvePaths(environment);
  const shipped = shippedCatalog();
  followCatalog(paths.catalogFile);
  const { asOf } = catalogInForce();
  const before = catalogInForce().from === 'kept' ? overlaid(shipped, keptIn(paths.catalogFile)) : shipped;
  const after = from === undefined ? shipped : take(await textAt(from), from, asOf, shipped, paths.catalogFile);
  if (from === undefined) rmSync(paths.catalogFile, { force: true });
  const running = readRunState(paths.pidFile);
  if (running) await reloadRouter(running);
  const changes = changesBetween(before, after);
  const told = { before: asOf, asOf: after.asOf, ...changes, file: from === undefined ? null : paths.catalogFile };
  if (json) return terminal.json(told);
  for (const line of linesOf(changes)) terminal.out(line);
  terminal.say(`Models and prices are now of ${after.asOf}, before of ${asOf}.`);
  if (running) terminal.say(`The running router (pid ${running.pid}) takes them.`);
}

/** Keeps the catalogue, where it is one and is newer; the whole that is then in force. */
function take(text: string, from: string, asOf: string, shipped: CatalogFile, file: string): CatalogFile {
  const newer = parsed(text, from);
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  if (newer.asOf > tomorrow) throw refused(from, `its date is ${newer.asOf}, which is yet to come`);
  if (newer.asOf < asOf) throw refused(from, `it is of ${newer.asOf}, older than the one in force (${asOf})`);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.${process.pid}`, text, { mode: 0o600 });
  renameSync(`${file}.${process.pid}`, file);
  return overlaid(shipped, newer);
}

function keptIn(file: string): CatalogFile {
  return parseCatalog(readFileSync(file, 'utf8'));
}

function parsed(text: string, from: string): CatalogFile {
  try {
    return parseCatalog(text);
  } catch (error) {
    throw refused(from, error instanceof Error ? error.message : String(error));
  }
}

const mostBytes = 20_000_000;
const limitMs = 30_000;

async function textAt(from: string): Promise<string> {
  try {
    if (!/^https?:\/\//i.test(from)) return readFileSync(from, 'utf8');
    mustBeSafe(from);
    const reply = await fetch(from, { signal: AbortSignal.timeout(limitMs) });
    mustBeSafe(reply.url);
    if (!reply.ok) throw new Error(`status ${reply.status}`);
    return await boundedText(reply);
  } catch (error) {
    const cause = (error as Error).cause ?? error;
    throw refused(from, cause instanceof Error ? cause.message : String(cause));
  }
}

/** Who could change it on its way could say what calls cost. */
function mustBeSafe(address: string): void {
  const { protocol, hostname } = new URL(address);
  if (protocol !== 'https:' && !isLoopbackHost(hostname)) throw new Error(`${address} is not https`);
}

async function boundedText(reply: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of reply.body ?? []) {
    length += part.length;
    if (length > mostBytes) throw new Error(`it is larger than ${mostBytes / 1e6} MB`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function refused(from: string, reason: string): CliFailure {
  return new CliFailure(`The catalogue at ${from} is not taken, and nothing was changed: ${reason}.`);
}

/** What changed, prices in US dollars for a million tokens. */
function linesOf({ added, removed, prices }: CatalogChanges): string[] {
  return [
    ...added.map((model) => `new      ${model}`),
    ...removed.map((model) => `gone     ${model}`),
    ...prices.map(({ model, before, after }) => `price    ${model}: ${priceText(before)} -> ${priceText(after)}`),
  ];
}

function priceText(price: CatalogEntry['price'] | null): string {
  if (!price) return 'unknown';
  const { input, output, cacheRead, cacheWrite, cacheWrite1h, ...rest } = price;
  const caches = Object.entries({ cacheRead, cacheWrite, cacheWrite1h }).filter(([, rate]) => rate !== undefined);
  const more = Object.entries(rest).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return [`$${input} in`, `$${output} out`, ...caches.map(([name, rate]) => `${name} $${rate}`), ...more].join(', ');
}
