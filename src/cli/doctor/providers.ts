import type { Assembly } from '../../daemon/assemble.ts';
import { type Reached, reachProvider } from '../../providers/reach.ts';
import type { Target } from '../../providers/target.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

const limitMs = 5000;

/** Whether each provider can be reached and takes the key, and whether this machine's clock agrees with theirs. */
export async function checkProviders({ registry, transport }: Assembly): Promise<Finding[]> {
  const targets = registry.usable().filter(({ providerType }) => providerType !== 'demo');
  const places = new Map(targets.map((target) => [placeOf(target), target]));
  const results = await Promise.all(
    [...places.values()].map(async (target) => ({ target, reached: await reach(target, transport) })),
  );
  const clocks = results.flatMap(({ reached }) => reached.clock ?? []);
  return [...results.map(({ target, reached }) => findingOf(target, reached)), ...checkClock(clocks)];
}

/** Models of one provider behind one host are asked for once. */
function placeOf(target: Target): string {
  return `${target.provider} ${new URL(target.url(false, '')).origin}`;
}

async function reach(target: Target, transport: Assembly['transport']): Promise<Reached> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error('no answer in time')), limitMs);
  try {
    return await reachProvider(transport, target, controller.signal, Date.now);
  } finally {
    clearTimeout(timer);
    // What it says beyond its status is not waited for.
    controller.abort(new Error('it has answered'));
  }
}

function findingOf(target: Target, { status, problem: why, withKey }: Reached): Finding {
  const { provider } = target;
  const { origin } = new URL(target.url(false, ''));
  const at = `${provider} (${origin})`;
  if (status === undefined) {
    const local = /^https?:\/\/(localhost|127\.|\[::1\])/.test(origin);
    const remedy = local ? `Start the server of ${provider}.` : 'Check the network, a firewall or proxy, and baseUrl.';
    return problem('provider', `${at} can't be reached: ${why}`, remedy);
  }
  if (withKey && (status === 401 || status === 403)) {
    return problem(
      'provider',
      `${at} refuses the key (${status})`,
      `Put a valid key of ${provider} where the router takes it from.`,
    );
  }
  if (status === 429)
    return warning('provider', `${at} answers, but asks for patience (429)`, 'Wait, or raise the limit of this key.');
  if (status >= 500)
    return warning('provider', `${at} answers with an error (${status})`, 'Wait: the trouble is there.');
  return ok('provider', status < 300 && withKey ? `${at} answers and takes the key` : `${at} answers`);
}

/** Milliseconds: signatures and tokens of clouds are refused beyond some minutes. */
const smallSkew = 30_000;
const largeSkew = 240_000;

function checkClock(clocks: readonly { theirs: number; ours: number }[]): Finding[] {
  const skews = clocks.map(({ theirs, ours }) => ours - theirs).sort((a, b) => Math.abs(a) - Math.abs(b));
  // The best of them: one provider's wrong clock says nothing of ours.
  const [skew] = skews;
  if (skew === undefined) return [];
  const seconds = Math.round(Math.abs(skew) / 1000);
  const text = `this machine's clock is ${seconds} s ${skew > 0 ? 'ahead of' : 'behind'} the providers'`;
  const remedy = 'Let the system set its clock (NTP).';
  if (Math.abs(skew) >= largeSkew) return [problem('clock', text, remedy)];
  return Math.abs(skew) >= smallSkew
    ? [warning('clock', text, remedy)]
    : [ok('clock', "it agrees with the providers'")];
}
