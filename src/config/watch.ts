import { type FSWatcher, statSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/** Calls `onChange` a moment after the file was written or replaced. Watches its folder, so that a rename is seen too. */
export function watchConfig(path: string, onChange: () => void, settleMs = 100): { close(): void } {
  let timer: NodeJS.Timeout | undefined;
  let last = stampOf(path);
  const look = () => {
    const now = stampOf(path);
    if (now === last) return;
    last = now;
    onChange();
  };
  const watcher: FSWatcher = watch(dirname(path), { persistent: false }, (_event, name) => {
    if (name !== null && name !== basename(path)) return;
    clearTimeout(timer);
    timer = setTimeout(look, settleMs);
    timer.unref();
  });
  watcher.on('error', () => undefined);
  return {
    close() {
      clearTimeout(timer);
      watcher.close();
    },
  };
}

function stampOf(path: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(path);
    return `${mtimeMs}:${size}:${ino}`;
  } catch {
    return 'missing';
  }
}
