import type { Service } from '../server/service.ts';
import type { Gauges } from '../telemetry/metrics.ts';

/** What metrics tell of the moment, from the service as it stands. */
export function gaugesOf(
  { version, startedAt, activeCalls, registry, gateway }: Service,
  lost: Gauges['lost'],
): Gauges {
  return {
    version,
    startedAt,
    activeCalls,
    targets: registry.targets.map((target) => {
      const { circuit, inFlight } = gateway.health.report(target);
      const waitingCalls = gateway.health.waiting(target);
      return { model: target.name, provider: target.provider, circuit, activeCalls: inFlight, waitingCalls };
    }),
    lost,
  };
}
