import { type Earlier, isObject, textIn } from './earlier.ts';
import type { ImportReport } from './report.ts';
import { serviceOf } from './service-type.ts';
import { type TransformerSettings, transformerSettings, usedTransformers } from './transformers.ts';

export interface ImportedProviders {
  providers: Record<string, unknown>;
  /** The name here of each provider before. */
  names: ReadonlyMap<string, string>;
}

const knownKeys = new Set([
  'name',
  'api_base_url',
  'baseUrl',
  'base_url',
  'api_key',
  'apikey',
  'apiKey',
  'models',
  'transformer',
]);

/** `Providers` as our `providers`. */
export function importProviders(list: unknown, report: ImportReport): ImportedProviders {
  const providers: Record<string, unknown> = {};
  const names = new Map<string, string>();
  const entries: unknown[] = Array.isArray(list) ? list : [];
  entries.forEach((entry, index) => {
    const name = nameOf(entry);
    if (!isObject(entry) || name === undefined) return report.drop(`Providers[${index}]`, 'it has no name');
    if (entries.slice(index + 1).some((later) => nameOf(later) === name)) {
      return report.drop(`Providers[${index}]`, `another provider "${name}" follows, which was the one in use`);
    }
    const where = `Providers.${name}`;
    const renamed = name.replaceAll(/[/,]/g, '-');
    if (renamed !== name) report.change(where, `is called ${renamed} here: names hold no "/" and no ","`);
    const imported = importProvider(entry, where, report);
    if (imported === undefined) return;
    names.set(name, renamed);
    providers[renamed] = imported;
    report.carry(where, `providers.${renamed} (${Object.keys(imported.models).join(', ') || 'no models'})`);
  });
  return { providers, names };
}

function nameOf(entry: unknown): string | undefined {
  return isObject(entry) ? textIn(entry.name) : undefined;
}

function importProvider(entry: Earlier, where: string, report: ImportReport) {
  const address = textIn(entry.api_base_url ?? entry.base_url ?? entry.baseUrl);
  const used = usedTransformers(entry.transformer);
  const transformers = used.map(({ name }) => name.toLowerCase());
  if (address === undefined && !transformers.some((name) => name.startsWith('vertex-'))) {
    return report.drop(where, 'it has no api_base_url');
  }
  const bearer = used.some(({ options }) => options.UseBearer === true);
  const { change, quirks, ...service } = serviceOf({ address: address ?? '', transformers, bearer });
  if (change !== undefined) report.change(where, change);
  const settings = transformerSettings(used, `${where} transformer`, report);
  const allQuirks = { ...quirks, ...settings.quirks };
  for (const key of Object.keys(entry)) {
    if (!knownKeys.has(key)) report.drop(`${where}.${key}`, 'nothing here corresponds to it');
  }
  return {
    ...service,
    ...keysOf(entry, service.type, where, report),
    ...(Object.keys(allQuirks).length === 0 ? {} : { quirks: allQuirks }),
    models: modelsOf(entry, { ...settings, quirks: allQuirks }, where, report),
  };
}

function keysOf(entry: Earlier, type: string, where: string, report: ImportReport): { apiKey?: unknown } {
  const given: unknown = entry.api_key ?? entry.apikey ?? entry.apiKey;
  const keys = (Array.isArray(given) ? given : [given]).flatMap((key) => textIn(key) ?? []);
  if (keys.length === 0) return {};
  if (type === 'vertex') {
    report.change(`${where}.api_key`, 'the credentials of GOOGLE_APPLICATION_CREDENTIALS are used, as they were');
    return {};
  }
  return { apiKey: keys.length === 1 ? keys[0] : keys };
}

function modelsOf(entry: Earlier, common: TransformerSettings, where: string, report: ImportReport) {
  const blocks = isObject(entry.transformer) ? entry.transformer : {};
  const listed = (Array.isArray(entry.models) ? entry.models : []).flatMap((model: unknown, index) => {
    const id = textIn(model);
    if (id === undefined) report.drop(`${where}.models[${index}]`, 'it is no name of a model');
    return id ?? [];
  });
  const named = Object.keys(blocks).filter((key) => key !== 'use' && usedTransformers(blocks[key]).length > 0);
  const models: Record<string, unknown> = {};
  for (const id of new Set([...listed, ...named])) {
    const own = transformerSettings(usedTransformers(blocks[id]), `${where} transformer of ${id}:`, report);
    models[id] = modelFields(common, own);
  }
  return models;
}

function modelFields(common: TransformerSettings, own: TransformerSettings): Record<string, unknown> {
  const maxTokens = own.maxTokens ?? common.maxTokens;
  const temperature = own.temperature ?? common.temperature;
  return {
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(Object.keys(own.quirks).length === 0 ? {} : { quirks: { ...common.quirks, ...own.quirks } }),
  };
}
