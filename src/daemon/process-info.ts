import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** True while a process with this id runs, whoever owns it; one that ended and was not yet waited for does not. */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return statFields(pid)?.[0] !== 'Z';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When the process began, in a form to compare: a pid that was given to another process differs. Undefined where it can't be told. */
export function processStart(pid: number): string | undefined {
  return statFields(pid)?.[19];
}

/** What Linux says of a process, from its state on; the name in brackets before it may hold spaces. */
function statFields(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** The process that listens on a TCP port of this machine; undefined where it can't be told. */
export function portOwner(port: number, platform: NodeJS.Platform = process.platform): number | undefined {
  try {
    if (platform === 'linux') return linuxPortOwner(port);
    if (platform === 'win32') return windowsPortOwner(port);
    const printed = execFileSync('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-t'], { encoding: 'utf8' });
    return numberIn(printed.split('\n')[0]);
  } catch {
    return undefined;
  }
}

function linuxPortOwner(port: number): number | undefined {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readLines(table)) {
      const fields = line.trim().split(/\s+/);
      const listens = fields[3] === '0A';
      if (listens && fields[1]?.endsWith(suffix)) inodes.add(`socket:[${fields[9]}]`);
    }
  }
  return readdirSync('/proc')
    .map(numberIn)
    .find((pid) => pid !== undefined && openFiles(pid).some((file) => inodes.has(file)));
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').slice(1);
  } catch {
    return [];
  }
}

function openFiles(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((descriptor) => readlinkSync(`/proc/${pid}/fd/${descriptor}`));
  } catch {
    return [];
  }
}

function windowsPortOwner(port: number): number | undefined {
  const printed = execFileSync('netstat', ['-ano', '-p', 'TCP'], { encoding: 'utf8', windowsHide: true });
  const line = printed.split(/\r?\n/).find((row) => row.includes(`:${port} `) && /LISTENING/i.test(row));
  return numberIn(line?.trim().split(/\s+/).at(-1));
}

function numberIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text.trim()) ? Number(text) : undefined;
}
