import type { TargetConfig } from '../../config/targets.ts';
import type { DialectName } from '../../dialects/dialect.ts';
import type { Endpoint } from '../endpoint.ts';
import type { CloudCredential } from '../target.ts';
import { AwsCredential, environmentKey, profileKey, profileRegion } from './aws-credential.ts';
import { azureEndpoint } from './azure.ts';
import { bedrockEndpoint, regionIn } from './bedrock.ts';
import { defaultLogin, GoogleCredential, projectOf } from './google-credential.ts';
import { configuredAddress, firstSet, type Place } from './place.ts';
import { vertexEndpoint } from './vertex.ts';

/** The clouds whose addresses are made of parts. */
export type CloudName = 'bedrock' | 'vertex' | 'azure';

type Environment = Place['environment'];

/** Where a model is called, and how its calls are authorized where a header with the key is not enough. */
export interface CloudSite {
  endpoint: Endpoint;
  credential?: CloudCredential;
}

/** The site of a model at a cloud; `keys` are those that the target will use. */
export function cloudSite(
  cloud: CloudName,
  config: TargetConfig,
  dialect: DialectName,
  keys: readonly string[],
  environment: Environment,
): CloudSite {
  const place: Place = { config, dialect, environment };
  switch (cloud) {
    case 'bedrock': {
      const { provider, profile } = config;
      const region = awsRegion(config, environment);
      const credential = new AwsCredential({ provider, region, profile, environment });
      return { endpoint: bedrockEndpoint({ ...place, ...(region ? { region } : {}) }), credential };
    }
    case 'vertex': {
      const project = googleProject(config, keys, environment);
      const region = config.location ?? config.region ?? firstSet(environment, ...locationVariables);
      const known = { ...(project ? { project } : {}), ...(region ? { region } : {}) };
      const credential = new GoogleCredential(config.provider, environment);
      return { endpoint: vertexEndpoint({ ...place, ...known }), credential };
    }
    case 'azure':
      return { endpoint: azureEndpoint(place) };
  }
}

/** The keys that a cloud has besides a variable with a key: those of its own tools on this machine. */
export function cloudKeys(cloud: CloudName, { profile }: TargetConfig, environment: Environment): string[] {
  const key =
    cloud === 'bedrock' && profile === undefined
      ? environmentKey(environment)
      : cloud === 'vertex'
        ? defaultLogin(environment)
        : undefined;
  return key === undefined ? [] : [key];
}

/** True where calls can be authorized without a key of the target's own. */
export function authorizesWithoutKey(cloud: CloudName, { profile }: TargetConfig, environment: Environment): boolean {
  return cloud === 'bedrock' && profileKey(environment, profile) !== undefined;
}

const locationVariables = ['GOOGLE_CLOUD_LOCATION', 'CLOUD_ML_REGION'];
const projectVariables = ['ANTHROPIC_VERTEX_PROJECT_ID', 'GOOGLE_CLOUD_PROJECT', 'GCLOUD_PROJECT'];

function awsRegion(config: TargetConfig, environment: Environment): string | undefined {
  return (
    config.region ??
    regionIn(configuredAddress(config) ?? '') ??
    regionIn(config.model) ??
    firstSet(environment, 'AWS_REGION', 'AWS_DEFAULT_REGION') ??
    profileRegion(environment, config.profile)
  );
}

function googleProject(config: TargetConfig, keys: readonly string[], environment: Environment): string | undefined {
  return config.project ?? firstSet(environment, ...projectVariables) ?? projectOf(keys[0]);
}
