import { setTimeout as delay } from 'node:timers/promises';

export type ProfileType = 'cpu' | 'heap';

/**
 * What this process does for so long: where its time goes, or who takes its memory. JSON that the developer tools open as a
 * `.cpuprofile` or a `.heapprofile`. An aborted signal ends it early.
 */
export async function takeProfile(type: ProfileType, durationMs: number, signal: AbortSignal): Promise<string> {
  const { Session } = await import('node:inspector/promises');
  const session = new Session();
  session.connect();
  const wait = () => delay(durationMs, undefined, { signal }).catch(() => undefined);
  try {
    if (type === 'cpu') {
      await session.post('Profiler.enable');
      await session.post('Profiler.start');
      await wait();
      return JSON.stringify((await session.post('Profiler.stop')).profile);
    }
    await session.post('HeapProfiler.startSampling');
    await wait();
    return JSON.stringify((await session.post('HeapProfiler.stopSampling')).profile);
  } finally {
    session.disconnect();
  }
}
