/** A field of a built-in plugin's configuration. Throws where it is of another type than `type`. */
export function field(config: Record<string, unknown>, name: string, type: 'number'): number | undefined;
export function field(config: Record<string, unknown>, name: string, type: 'string'): string | undefined;
export function field(config: Record<string, unknown>, name: string, type: 'number' | 'string'): unknown {
  const value = config[name];
  if (value === undefined || (typeof value === type && !Number.isNaN(value))) return value;
  throw new Error(`${name}: a ${type} is expected, got ${JSON.stringify(value)}`);
}

/** Throws where the configuration holds a field that is none of these. */
export function checkFields(config: Record<string, unknown>, known: readonly string[]): void {
  const unknown = Object.keys(config).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`${unknown}: unknown field; known are ${known.join(', ')}`);
}

/** True for a model that the plugin is meant for: all, where its `models` says nothing. Throws where it is no list of names. */
export function modelFilter(config: Record<string, unknown>): (model: string) => boolean {
  const { models } = config;
  if (models === undefined) return () => true;
  if (!Array.isArray(models) || models.some((name) => typeof name !== 'string')) {
    throw new Error('models: a list of configured names is expected');
  }
  return (model) => models.includes(model);
}
