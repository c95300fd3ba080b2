import type { DialectName } from '../../dialects/dialect.ts';
import type { Quirks } from '../../dialects/quirks.ts';
import type { CloudName } from '../clouds/cloud.ts';

/** How a credential travels; a cloud's may be made for each request instead. */
export type AuthScheme = 'bearer' | 'x-api-key' | 'x-goog-api-key' | 'api-key' | 'none';

/** What holds for the models of a service whose id matches. */
export interface ModelVariant {
  models: RegExp;
  dialect?: DialectName;
  quirks?: Partial<Quirks>;
}

/** A service, as data. */
export interface Preset {
  /** How it is called in messages and documentation. */
  label: string;
  dialect: DialectName;
  /** Without the path of a call; undefined where the user must say it. */
  baseUrl?: string;
  /** The cloud that makes its address, and its credentials where a header with the key is not enough. */
  cloud?: CloudName;
  auth: AuthScheme;
  /** The environment variables that may hold its key, in this order. */
  keyVariables: readonly string[];
  /** True where it runs without a key. */
  keyOptional?: boolean;
  quirks?: Partial<Quirks>;
  /** The first that matches the upstream's id of the model. */
  variants?: readonly ModelVariant[];
  /** Models offered where only a key is known, best first. */
  starterModels?: readonly string[];
  /** True where the Responses API has an endpoint that counts a prompt. */
  countsResponses?: boolean;
  /** A first token may take minutes: a local model is loaded when it is first asked. */
  slowStart?: boolean;
}
