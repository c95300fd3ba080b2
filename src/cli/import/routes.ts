import { countIn, type Earlier, isObject, textIn } from './earlier.ts';
import type { ImportReport } from './report.ts';

export interface ImportedRoutes {
  /** Our `routing`. */
  routing: Record<string, unknown>;
}

/** Routes of `Router` that are scenarios of the same name here. */
const scenarioNames = ['background', 'think', 'longContext', 'webSearch', 'image', 'subagent'] as const;

/** `Router`, `fallback` and `CUSTOM_ROUTER_PATH` as our `routing`; routes to providers that are not there are left out. */
export function importRoutes(
  earlier: Earlier,
  names: ReadonlyMap<string, string>,
  report: ImportReport,
): ImportedRoutes {
  const router = isObject(earlier.Router) ? earlier.Router : {};
  const route = (value: unknown, what: string) => modelOf(value, what, names, report);
  const routing: Record<string, unknown> = {};
  const defaultModel = route(router.default, 'Router.default');
  if (defaultModel !== undefined) {
    routing.defaultModel = defaultModel;
    report.carry('Router.default', 'routing.defaultModel');
  }
  const fallbacks = importFallbacks(earlier.fallback, route, report);
  if (fallbacks.length > 0) routing.fallbacks = fallbacks;
  const scenarios = importScenarios(router, route, report);
  if (Object.keys(scenarios).length > 0) routing.scenarios = scenarios;
  const file = textIn(earlier.CUSTOM_ROUTER_PATH ?? router.custom);
  if (file !== undefined) {
    routing.router = file.replace(/^~(?=[/\\])/, '${HOME}');
    report.change(
      'CUSTOM_ROUTER_PATH',
      'is routing.router: the function is given the request (`body`, `headers`) first, as before, but facts of the call instead of the configuration second',
    );
  }
  return { routing };
}

type RouteOf = (value: unknown, what: string) => string | undefined;

function importScenarios(router: Earlier, route: RouteOf, report: ImportReport): Record<string, unknown> {
  const scenarios: Record<string, unknown> = {};
  for (const name of scenarioNames) {
    const model = route(router[name], `Router.${name}`);
    if (model === undefined) continue;
    scenarios[name] = model;
    if (name === 'think') {
      report.change(
        'Router.think',
        'is routing.scenarios.think, for thinking that is switched on or an effort of xhigh and more; the adaptive thinking of every call does not count',
      );
    } else report.carry(`Router.${name}`, `routing.scenarios.${name}`);
  }
  importThreshold(router, scenarios, report);
  const known = new Set<string>([...scenarioNames, 'default', 'longContextThreshold', 'custom']);
  for (const key of Object.keys(router)) {
    if (!known.has(key)) report.drop(`Router.${key}`, 'nothing here corresponds to it');
  }
  return scenarios;
}

function importThreshold(
  { longContextThreshold }: Earlier,
  scenarios: Record<string, unknown>,
  report: ImportReport,
): void {
  if (longContextThreshold === undefined) return;
  const threshold = countIn(longContextThreshold);
  if (threshold === undefined) return report.drop('Router.longContextThreshold', 'it is no number of tokens');
  scenarios.longContextThreshold = threshold;
  report.carry('Router.longContextThreshold', 'routing.scenarios.longContextThreshold');
}

function importFallbacks(fallback: unknown, route: RouteOf, report: ImportReport): string[] {
  if (!isObject(fallback)) return [];
  for (const scenario of Object.keys(fallback)) {
    if (scenario !== 'default')
      report.drop(`fallback.${scenario}`, 'fallbacks are the same for all scenarios here: routing.fallbacks');
  }
  const models = (Array.isArray(fallback.default) ? fallback.default : []).flatMap(
    (value: unknown, index) => route(value, `fallback.default[${index}]`) ?? [],
  );
  if (models.length > 0) report.carry('fallback.default', 'routing.fallbacks');
  return models;
}

/** `PROVIDER,MODEL` with the provider's name here. */
function modelOf(
  value: unknown,
  what: string,
  names: ReadonlyMap<string, string>,
  report: ImportReport,
): string | undefined {
  const text = textIn(value);
  if (text === undefined) return undefined;
  const comma = text.indexOf(',');
  const provider = comma < 0 ? undefined : names.get(text.slice(0, comma).trim());
  if (provider !== undefined) return `${provider},${text.slice(comma + 1).trim()}`;
  report.drop(
    what,
    comma < 0 ? `"${text}" names no provider and model` : `"${text}" names a provider that is not in Providers`,
  );
  return undefined;
}
