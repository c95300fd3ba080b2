import { Failure } from '../../call/failure.ts';
import { warn } from '../../dialects/shared/warnings.ts';
import { isJsonObject, type JsonObject, type MessagesRequest, type TextBlock } from '../../protocol/messages.ts';
import { isSaid, numberField, objectField, stringField } from './fields.ts';

/** Fields of the Messages form. */
type Settings = Partial<MessagesRequest>;

/** Temperature and its like; each target takes them as far as it can. */
export function samplingSettings(body: JsonObject): Settings {
  return stated({
    temperature: numberField(body, 'temperature'),
    top_p: numberField(body, 'top_p'),
    top_k: numberField(body, 'top_k'),
  });
}

/** The effort, and thinking that tells a summary of itself where `summarized`; `none` switches thinking off. */
export function effortSettings(effort: string | undefined, summarized: boolean): Settings {
  if (effort === undefined) return summarized ? { thinking: { type: 'adaptive', display: 'summarized' } } : {};
  if (effort === 'none') return { thinking: { type: 'disabled' } };
  return {
    thinking: { type: 'adaptive', ...(summarized ? { display: 'summarized' } : {}) },
    output_config: { effort: effort === 'minimal' ? 'low' : effort },
  };
}

/** The form of the answer: a schema, or a line for the system text where any JSON will do. */
export function formatSettings(format: JsonObject | undefined, path: string): { settings: Settings; hint?: TextBlock } {
  switch (format?.type) {
    case undefined:
    case 'text':
      return { settings: {} };
    case 'json_object':
      return { settings: {}, hint: { type: 'text', text: 'Answer with one valid JSON object and nothing else.' } };
    case 'json_schema': {
      const { schema } = isJsonObject(format.json_schema) ? format.json_schema : format;
      if (!isJsonObject(schema)) throw new Failure('malformed-request', `${path}: a schema is required`);
      return { settings: { output_config: { format: { type: 'json_schema', schema } } } };
    }
  }
  throw new Failure('malformed-request', `${path}: ${JSON.stringify(format?.type)} is not known`);
}

/** Settings of two sources, their output settings side by side. */
export function joined(...all: Settings[]): Settings {
  const configs = all.flatMap(({ output_config: config }) => config ?? []);
  const settings: Settings = Object.assign({}, ...all);
  return configs.length > 0 ? { ...settings, output_config: Object.assign({}, ...configs) } : settings;
}

/** Who asks, and at which priority. */
export function identitySettings(body: JsonObject): Settings {
  const user = stringField(body, 'safety_identifier') ?? stringField(body, 'user');
  return {
    ...(user ? { metadata: { user_id: user } } : {}),
    ...(body.service_tier === 'default' ? { service_tier: 'standard_only' } : {}),
  };
}

/** Names the fields that say something and that nobody reads. */
export function warnOfOtherFields(body: JsonObject, read: ReadonlySet<string>, warnings: string[]): void {
  for (const [name, value] of Object.entries(body)) {
    if (!read.has(name) && isSaid(value)) warn(warnings, `${name} dropped: not supported`);
  }
}

/** The reasoning that is asked for, in an object. */
export function reasoningField(body: JsonObject): JsonObject {
  return objectField(body, 'reasoning') ?? {};
}

function stated(fields: Settings): Settings {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
