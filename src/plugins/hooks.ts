import type { Hooks } from './extension.ts';

/** Where the configuration names it. */
export type Place = 'plugin' | 'request' | 'response';

/** What an object does, by what it is named as; undefined where it does nothing of that kind. */
export function hooksOf(value: unknown, place: Place): Hooks | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const method = methodsOf(value);
  const hooks: Hooks = {};
  if (place === 'response') {
    const transform = method('transform');
    const event = method('event');
    if (transform) hooks.response = (answer, sourceModel) => transform(answer, sourceModel);
    if (event) hooks.event = (each, sourceModel) => event(each, sourceModel);
  } else {
    const transform = method('transform');
    if (transform) hooks.targetRequest = (request, targetModel) => transform(request, targetModel);
  }
  if (place === 'plugin') addPluginHooks(hooks, method);
  const close = method('close');
  const does = Object.keys(hooks).length > 0;
  if (close && does) hooks.close = () => close();
  return does ? hooks : undefined;
}

type Method = (...given: unknown[]) => unknown;

function addPluginHooks(hooks: Hooks, method: (name: string) => Method | undefined): void {
  const [request, route, response] = [method('onRequest'), method('onRoute'), method('onResponse')];
  const [event, error] = [method('onStreamEvent'), method('onError')];
  if (request) hooks.request = (asked, context) => request(asked, context);
  if (route) hooks.route = (decided, context) => route(decided, context);
  if (response) hooks.response = (answer, _sourceModel, context) => response(answer, context);
  if (event) hooks.event = (each, _sourceModel, context) => event(each, context);
  if (error) hooks.error = (failure, context) => error(failure, context);
}

function methodsOf(value: object): (name: string) => Method | undefined {
  return (name) => {
    const found = (value as Record<string, unknown>)[name];
    return typeof found === 'function' ? (...given) => Reflect.apply(found, value, given) : undefined;
  };
}
