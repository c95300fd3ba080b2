import type { GatewayParts } from '../gateway/parts.ts';
import type { Circuit } from '../providers/key-health.ts';
import type { Registry } from '../providers/registry.ts';

/** How a process of the router does. */
export interface ProcessState {
  pid: number;
  /** True for one that only finishes: others serve new connections. */
  leaving?: true;
  activeCalls: number;
  memory: { rssBytes: number; heapUsedBytes: number };
  models: ModelState[];
}

/** How a model does, as one process knows it. */
export interface ModelState {
  name: string;
  provider: string;
  status: 'ok' | 'failing' | 'resting' | 'unavailable' | 'unknown';
  resting?: string;
  problem?: string;
  passthrough?: true;
  latencyMs: number | null;
  /** ISO 8601. */
  lastChecked: string | null;
  circuit: Circuit;
  activeCalls: number;
}

/** This process, as it is now. */
export function processState(activeCalls: number, registry: Registry, health: GatewayParts['health']): ProcessState {
  const { rss, heapUsed } = process.memoryUsage();
  return {
    pid: process.pid,
    activeCalls,
    memory: { rssBytes: rss, heapUsedBytes: heapUsed },
    models: modelStates(registry, health),
  };
}

function modelStates({ targets }: Registry, health: GatewayParts['health']): ModelState[] {
  return targets.map((target) => {
    const { circuit, latencyMs, lastChecked, lastOk, inFlight } = health.report(target);
    const resting = health.blocked(target);
    const { name, provider, problem, passThroughCredential } = target;
    const known = lastOk === null ? 'unknown' : lastOk ? 'ok' : 'failing';
    return {
      name,
      provider,
      status: problem !== undefined ? 'unavailable' : resting !== undefined ? 'resting' : known,
      ...(resting === undefined ? {} : { resting }),
      ...(problem === undefined ? {} : { problem }),
      ...(passThroughCredential ? { passthrough: true as const } : {}),
      latencyMs: latencyMs === null ? null : Math.round(latencyMs),
      lastChecked: lastChecked === null ? null : new Date(lastChecked).toISOString(),
      circuit,
      activeCalls: inFlight,
    };
  });
}

/** How models do over several processes: each as the one knows it that asked it last, with the calls of all. */
export function mergedModels(processes: readonly ProcessState[]): ModelState[] {
  const [first, ...others] = processes;
  return (first?.models ?? []).map((model) => {
    const elsewhere = others.flatMap(({ models }) => models.filter((other) => isSame(other, model)));
    const all = [model, ...elsewhere];
    const latest = all.reduce((one, other) => ((other.lastChecked ?? '') > (one.lastChecked ?? '') ? other : one));
    return { ...latest, activeCalls: callsOf(all) };
  });
}

/** Calls on their way, of all together. */
export function callsOf(of: readonly { activeCalls: number }[]): number {
  return of.reduce((sum, { activeCalls }) => sum + activeCalls, 0);
}

function isSame(one: ModelState, other: ModelState): boolean {
  return one.name === other.name && one.provider === other.provider;
}
