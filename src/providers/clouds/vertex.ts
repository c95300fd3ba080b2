import { rawPredictCounting } from '../counting.ts';
import type { Endpoint } from '../endpoint.ts';
import { rawPredictQuirks } from './messages-forms.ts';
import { configuredAddress, type Place } from './place.ts';

/**
 * Where a model of Vertex AI is called: Claude by rawPredict, Gemini by its own methods, others at the OpenAI form. A
 * configured address is the host, with or without its version and its project and location.
 */
export function vertexEndpoint(place: Place): Endpoint {
  const { config, dialect, project, region: location = 'global' } = place;
  const address = (configuredAddress(config) ?? `https://${hostOf(location)}`).split('?')[0]!.replace(/\/+$/, '');
  const [written] = /^.*\/projects\/[^/]+\/locations\/[^/]+/.exec(address) ?? [];
  if (written === undefined && project === undefined) return { missing: 'project' };
  const root = written ?? `${versioned(address)}/projects/${project}/locations/${location}`;
  if (dialect === 'gemini') return { dialect, base: `${root}/publishers/google` };
  if (dialect !== 'anthropic') return { dialect, base: `${root}/endpoints/openapi` };
  const models = `${root}/publishers/anthropic/models`;
  return {
    base: `${models}/${encodeURIComponent(config.model).replaceAll('%40', '@')}`,
    path: (stream) => (stream ? ':streamRawPredict' : ':rawPredict'),
    quirks: rawPredictQuirks,
    counting: rawPredictCounting(`${models}/count-tokens:rawPredict`, config.model),
  };
}

/** `global` and the multi-regions `us` and `eu` have hosts of their own kind. */
function hostOf(location: string): string {
  if (location === 'global') return 'aiplatform.googleapis.com';
  if (location === 'us' || location === 'eu') return `aiplatform.${location}.rep.googleapis.com`;
  return `${location}-aiplatform.googleapis.com`;
}

function versioned(address: string): string {
  return /\/v\d[a-z0-9]*$/.test(address) ? address : `${address}/v1`;
}
