import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Finding, ok, problem, warning } from './finding.ts';

const neededNode = [20, 19] as const;

/** Whether this Node is new enough. */
export function checkNode(version: string = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const enough = major > neededNode[0] || (major === neededNode[0] && minor >= neededNode[1]);
  if (enough) return ok('node', `Node ${version}`);
  return problem('node', `Node ${version} is too old`, `Install Node ${neededNode.join('.')} or later.`);
}

const mebibyte = 1024 ** 2;

/** Whether state and logs can be written: rights and space. */
export function checkStateDirectory(directory: string): Finding[] {
  const existing = nearestExisting(directory);
  try {
    accessSync(existing, constants.W_OK);
  } catch {
    return [
      problem(
        'state',
        `${existing} can't be written`,
        `Give this user the folder ${directory}, or set ROUTER_HOME to another.`,
      ),
    ];
  }
  return [checkSpace(existing, directory), ...checkRights(directory)];
}

function checkSpace(existing: string, directory: string): Finding {
  const { bavail, bsize } = statfsSync(existing);
  const free = Math.floor((bavail * bsize) / mebibyte);
  const text = `${directory}: ${free.toLocaleString('en-US')} MB free`;
  const remedy =
    'Make room, or set ROUTER_HOME to a folder on another disk; without room calls are answered, but not written down.';
  if (free < 50) return problem('state', text, remedy);
  return free < 500 ? warning('state', text, remedy) : ok('state', text);
}

function checkRights(directory: string): Finding[] {
  if (process.platform === 'win32' || !existsSync(directory)) return [];
  const open = (statSync(directory).mode & 0o077) !== 0;
  return open
    ? [warning('state', `${directory} is open to other users of this machine`, `chmod 700 ${directory}`)]
    : [];
}

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path));
}
