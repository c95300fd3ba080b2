import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TargetConfig } from '../../src/config/targets.ts';
import type { JsonObject, MessagesRequest } from '../../src/protocol/messages.ts';

/**
 * One exchange, whole: a folder `src/dialects/DIALECT/cases/TITLE/` with `case.json`, `request.json` (what the client
 * sends), `sent.json` (the body that goes upstream), `reply.*` (the upstream's bytes: `.sse`, `.ndjson` and `.bin` are
 * streams, `.json` and `.txt` are not), and `message.json` or `failure.json` (what the client is told).
 */
export interface GoldenCase extends Omit<CaseFile, 'reply'> {
  folder: string;
  dialect: string;
  title: string;
  request: MessagesRequest;
  sent: unknown;
  reply: (NonNullable<CaseFile['reply']> & { body: Buffer; isStream: boolean }) | undefined;
}

interface CaseFile {
  /** What it shows, as a sentence. */
  does: string;
  /** The numbers of the conformance list that it covers. */
  numbers?: number[];
  /** The target as configured: `type` is the provider's, the other fields those of a model. */
  target: { type: string; model: string } & Partial<TargetConfig>;
  /** Headers of the client. */
  headers?: Record<string, string>;
  session?: string;
  /** What the user is told was left out, exactly. */
  warnings?: string[];
  /** Status and headers of the reply; 200 where it says nothing. */
  reply?: { status?: number; headers?: Record<string, string> };
}

const dialects = fileURLToPath(new URL('../../src/dialects/', import.meta.url));

/** All cases of all dialects. */
export function goldenCases(): GoldenCase[] {
  return readdirSync(dialects, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(dialects, entry.name, 'cases')))
    .flatMap(({ name }) => casesOf(name));
}

/** What a case expects, read from its file; with UPDATE_CASES set in the environment the file is written instead. */
export function expected(folder: string, file: string, actual: unknown): unknown {
  const path = join(folder, file);
  if (process.env.UPDATE_CASES) writeFileSync(path, `${JSON.stringify(actual, null, 2)}\n`);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

function casesOf(dialect: string): GoldenCase[] {
  const root = join(dialects, dialect, 'cases');
  return readdirSync(root)
    .sort()
    .map((title) => readCase(dialect, join(root, title), title));
}

function readCase(dialect: string, folder: string, title: string): GoldenCase {
  const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'));
  const { does, numbers, target, headers, session, warnings, reply } = read('case.json') as CaseFile & JsonObject;
  const file = readdirSync(folder).find((name) => name.startsWith('reply.'));
  return {
    ...{ folder, dialect, title, does, numbers, target, headers, session, warnings },
    request: read('request.json') as MessagesRequest,
    sent: existsSync(join(folder, 'sent.json')) ? read('sent.json') : undefined,
    reply:
      file === undefined
        ? undefined
        : { body: bytesOf(join(folder, file)), isStream: !/\.(json|txt)$/.test(file), ...reply },
  } as GoldenCase;
}

/** `.hex` files hold binary frames as hexadecimal digits, so that they can be read and reviewed. */
function bytesOf(path: string): Buffer {
  const bytes = readFileSync(path);
  return path.endsWith('.hex') ? Buffer.from(bytes.toString('latin1').replaceAll(/\s+/g, ''), 'hex') : bytes;
}
