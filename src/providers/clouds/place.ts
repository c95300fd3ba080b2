import type { TargetConfig } from '../../config/targets.ts';
import type { DialectName } from '../../dialects/dialect.ts';

/** What the address of a model at a cloud is made of. */
export interface Place {
  config: TargetConfig;
  /** That of the kind of model. */
  dialect: DialectName;
  /** Configured, of the environment, or told by the credential; undefined where nothing says it. */
  region?: string;
  project?: string;
  environment(name: string): string | undefined;
}

/** The address that the user wrote: a path alone stands on the provider's host. */
export function configuredAddress({ endpoint, baseUrl }: TargetConfig): string | undefined {
  if (endpoint === undefined) return baseUrl;
  if (/^[a-z]+:/i.test(endpoint) || baseUrl === undefined) return endpoint;
  return new URL(endpoint, baseUrl).toString();
}

/** The first of these variables that is set. */
export function firstSet(environment: Place['environment'], ...names: string[]): string | undefined {
  return names.map(environment).find((value) => value !== undefined && value !== '');
}
