import { describe, expect, it } from 'vitest';
import type { TargetConfig } from '../../config/targets.ts';
import type { DialectName } from '../../dialects/dialect.ts';
import { callUrl } from '../endpoint.ts';
import { makeTarget, type TargetContext } from '../make-target.ts';
import { azureEndpoint } from './azure.ts';
import { vertexEndpoint } from './vertex.ts';

const noTimeouts = { firstByte: 0, idle: 0, total: 0 };

function target(
  type: string,
  model: string,
  fields: Partial<TargetConfig> = {},
  variables: Record<string, string> = {},
) {
  const config: TargetConfig = {
    ...{ name: model, aliases: [], provider: type, providerType: type, model, apiKeys: ['a key'] },
    ...{ origin: `models.${model}`, providerOrigin: `providers.${type}` },
    ...fields,
  };
  const context: TargetContext = {
    ...{ timeouts: noTimeouts, slowStartMs: 0, missingVariables: () => [] },
    environment: (name) => variables[name],
  };
  return makeTarget(config, context);
}

const sonnet = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const arn = 'arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-opus-4-8';
const runtime = 'https://bedrock-runtime.us-east-1.amazonaws.com';
const vertex = 'https://aiplatform.googleapis.com/v1/projects/p/locations/global';
const azure = 'https://r.openai.azure.com/openai';

describe('a model at Bedrock', () => {
  it.each<[string, Partial<TargetConfig>, string, string]>([
    [
      'case 138: by an id with a colon',
      { region: 'us-east-1' },
      sonnet,
      `${runtime}/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/invoke`,
    ],
    [
      'case 138: by an ARN, which also says the region',
      {},
      arn,
      'https://bedrock-runtime.eu-west-1.amazonaws.com/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A123456789012%3Ainference-profile%2Feu.anthropic.claude-opus-4-8/invoke',
    ],
    [
      'at an address of the user’s',
      { baseUrl: 'http://127.0.0.1:4566/' },
      'anthropic.claude-opus-4-8',
      'http://127.0.0.1:4566/model/anthropic.claude-opus-4-8/invoke',
    ],
    [
      'at a full URL of another model',
      { endpoint: `${runtime}/model/x/invoke-with-response-stream` },
      'a',
      `${runtime}/model/a/invoke`,
    ],
    [
      'at the Messages endpoint',
      { endpoint: `${runtime}/anthropic/v1/messages` },
      'a',
      `${runtime}/anthropic/v1/messages`,
    ],
    [
      'at the base of the Messages endpoint',
      { baseUrl: `${runtime}/anthropic` },
      'a',
      `${runtime}/anthropic/v1/messages`,
    ],
    ['of OpenAI’s making', { region: 'us-east-1' }, 'openai.gpt-oss-120b-1:0', `${runtime}/openai/v1/chat/completions`],
    [
      'at Anthropic’s platform on AWS',
      { baseUrl: 'https://aws-external-anthropic.us-east-1.api.aws' },
      'a',
      'https://aws-external-anthropic.us-east-1.api.aws/v1/messages',
    ],
  ])('is called %s', (_, fields, model, url) => {
    const made = target('bedrock', model, fields);
    expect(made.problem).toBeUndefined();
    expect(made.url(false, '')).toBe(url);
  });

  it('has a URL of its own for streams, and none of the client’s query', () => {
    expect(target('bedrock', 'm', { region: 'us-east-1' }).url(true, '?beta=true')).toBe(
      `${runtime}/model/m/invoke-with-response-stream`,
    );
  });

  it.each([
    ['AWS_REGION', { AWS_REGION: 'ap-south-1' }],
    ['AWS_DEFAULT_REGION', { AWS_DEFAULT_REGION: 'ap-south-1' }],
  ])('is in the region of %s where none is configured', (_, variables) => {
    expect(target('bedrock', 'm', {}, variables).url(false, '')).toContain('bedrock-runtime.ap-south-1.amazonaws');
  });

  it('says that its region is missing', () => {
    expect(target('bedrock', 'm').problem).toBe('providers.bedrock: region is missing for Amazon Bedrock');
  });

  it('says that its key is missing', () => {
    expect(target('bedrock', 'm', { region: 'us-east-1', apiKeys: [] }).problem).toContain('AWS_BEARER_TOKEN_BEDROCK');
  });

  it.each<[string, Record<string, string>]>([
    ['a Bedrock API key', { AWS_BEARER_TOKEN_BEDROCK: 'k' }],
    ['an access key', { AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 's' }],
  ])('takes %s of the environment', (_, variables) => {
    const made = target('bedrock', 'm', { region: 'us-east-1', apiKeys: [] }, variables);
    expect(made.problem).toBeUndefined();
    expect(made.keys.size).toBe(1);
  });
});

describe('a model at Vertex', () => {
  it.each<[string, Partial<TargetConfig>, string]>([
    [
      'case 139: in the global location',
      { location: 'global' },
      `${vertex}/publishers/anthropic/models/claude-opus-4-8:rawPredict`,
    ],
    ['globally where no location is said', {}, `${vertex}/publishers/anthropic/models/claude-opus-4-8:rawPredict`],
    [
      'in a region',
      { region: 'europe-west1' },
      'https://europe-west1-aiplatform.googleapis.com/v1/projects/p/locations/europe-west1/publishers/anthropic/models/claude-opus-4-8:rawPredict',
    ],
    [
      'in a multi-region',
      { location: 'eu' },
      'https://aiplatform.eu.rep.googleapis.com/v1/projects/p/locations/eu/publishers/anthropic/models/claude-opus-4-8:rawPredict',
    ],
    [
      'at a host of the user’s',
      { baseUrl: 'http://127.0.0.1:9/' },
      'http://127.0.0.1:9/v1/projects/p/locations/global/publishers/anthropic/models/claude-opus-4-8:rawPredict',
    ],
    [
      'at a versioned host',
      { baseUrl: 'http://127.0.0.1:9/v1' },
      'http://127.0.0.1:9/v1/projects/p/locations/global/publishers/anthropic/models/claude-opus-4-8:rawPredict',
    ],
    [
      'at a full URL, which says project and location itself',
      {
        project: undefined,
        endpoint: 'http://127.0.0.1:9/v1/projects/q/locations/l/publishers/anthropic/models/x:streamRawPredict',
      },
      'http://127.0.0.1:9/v1/projects/q/locations/l/publishers/anthropic/models/claude-opus-4-8:rawPredict',
    ],
  ])('is called %s', (_, fields, url) => {
    const made = target('vertex', 'claude-opus-4-8', { project: 'p', ...fields } as Partial<TargetConfig>);
    expect(made.problem).toBeUndefined();
    expect(made.url(false, '?beta=true')).toBe(url);
    expect(made.url(true, '')).toBe(url.replace(':rawPredict', ':streamRawPredict'));
  });

  it('keeps the date behind an @ as it is', () => {
    const made = target('vertex', 'claude-sonnet-4-5@20250929', { project: 'p' });
    expect(made.url(false, '')).toContain('/models/claude-sonnet-4-5@20250929:rawPredict');
  });

  it('is of project and location of the environment where none are configured', () => {
    const variables = { GOOGLE_CLOUD_PROJECT: 'q', CLOUD_ML_REGION: 'us-east5' };
    expect(target('vertex', 'claude-x', {}, variables).url(false, '')).toContain(
      'https://us-east5-aiplatform.googleapis.com/v1/projects/q/locations/us-east5/',
    );
  });

  it('is of the service account’s own project where nothing else says one', () => {
    const account = JSON.stringify({ type: 'service_account', project_id: 'own' });
    expect(target('vertex', 'claude-x', { apiKeys: [account] }).url(false, '')).toContain('/projects/own/');
  });

  it('says that its project is missing', () => {
    expect(target('vertex', 'claude-x').problem).toBe('providers.vertex: project is missing for Google Vertex AI');
  });

  it.each<[string, DialectName, string]>([
    ['Gemini by its own methods', 'gemini', `${vertex}/publishers/google/PATH`],
    ['others at the OpenAI form', 'openai-chat', `${vertex}/endpoints/openapi/PATH`],
  ])('serves %s', (_, dialect, url) => {
    const config = { model: 'm', provider: 'vertex' } as TargetConfig;
    const endpoint = vertexEndpoint({ config, dialect, project: 'p', environment: () => undefined });
    expect(callUrl(endpoint, { path: () => '/PATH' } as never, 'm', true, '')).toBe(url);
  });
});

describe('a deployment at Azure', () => {
  it.each<[string, Partial<TargetConfig>, string]>([
    ['case 141: at the v1 paths, without an api-version', { resource: 'r' }, `${azure}/v1/chat/completions`],
    [
      'case 141: at the classic paths, with one',
      { resource: 'r', apiVersion: '2024-10-21' },
      `${azure}/deployments/gpt-4.1/chat/completions?api-version=2024-10-21`,
    ],
    ['by the host alone', { baseUrl: 'https://r.openai.azure.com/' }, `${azure}/v1/chat/completions`],
    ['by the host with /openai', { baseUrl: azure }, `${azure}/v1/chat/completions`],
    ['by the v1 address', { baseUrl: `${azure}/v1/` }, `${azure}/v1/chat/completions`],
    ['by the v1 preview', { resource: 'r', apiVersion: 'preview' }, `${azure}/v1/chat/completions?api-version=preview`],
    [
      'by a classic full URL',
      { endpoint: `${azure}/deployments/d/chat/completions?api-version=2024-10-21` },
      `${azure}/deployments/d/chat/completions?api-version=2024-10-21`,
    ],
    [
      'by a deployment’s address',
      { baseUrl: `${azure}/deployments/d`, apiVersion: '2024-10-21' },
      `${azure}/deployments/d/chat/completions?api-version=2024-10-21`,
    ],
    [
      'by a deployment’s address with its version',
      { baseUrl: `${azure}/deployments/d?api-version=2024-06-01` },
      `${azure}/deployments/d/chat/completions?api-version=2024-06-01`,
    ],
  ])('is called %s', (_, fields, url) => {
    const made = target('azure', 'gpt-4.1', fields);
    expect(made.problem).toBeUndefined();
    expect(made.url(true, '?beta=true')).toBe(url);
    expect(made.auth).toBe('api-key');
  });

  it.each([
    [undefined, `${azure}/v1/responses`],
    ['2025-04-01-preview', `${azure}/responses?api-version=2025-04-01-preview`],
  ])('speaks the Responses form at its own path, with apiVersion %s', (apiVersion, url) => {
    const config = { model: 'm', provider: 'azure', resource: 'r', apiVersion } as TargetConfig;
    const endpoint = azureEndpoint({ config, dialect: 'openai-responses', environment: () => undefined });
    expect(callUrl(endpoint, { path: () => '/responses' } as never, 'm', true, '')).toBe(url);
  });

  it('is at the resource of AZURE_OPENAI_ENDPOINT where none is configured', () => {
    const made = target('azure', 'gpt-4.1', {}, { AZURE_OPENAI_ENDPOINT: 'https://e.openai.azure.com/' });
    expect(made.url(false, '')).toBe('https://e.openai.azure.com/openai/v1/chat/completions');
  });

  it('says that its resource is missing', () => {
    expect(target('azure', 'gpt-4.1').problem).toBe('providers.azure: resource is missing for Azure OpenAI');
  });
});

describe('a deployment at Foundry', () => {
  const host = 'https://r.services.ai.azure.com';
  it.each<[string, string, Partial<TargetConfig>, string]>([
    ['Claude at the Messages form', 'claude-opus-4-8', { resource: 'r' }, `${host}/anthropic/v1/messages`],
    [
      'Claude by an address that ends there',
      'claude-opus-4-8',
      { baseUrl: `${host}/anthropic/` },
      `${host}/anthropic/v1/messages`,
    ],
    ['others at the OpenAI form', 'gpt-4.1', { resource: 'r' }, `${host}/openai/v1/chat/completions`],
    [
      'a name that tells nothing by a full URL',
      'mine',
      { endpoint: `${host}/anthropic/v1/messages` },
      `${host}/anthropic/v1/messages`,
    ],
  ])('serves %s', (_, model, fields, url) => {
    const made = target('foundry', model, fields);
    expect(made.problem).toBeUndefined();
    expect(made.url(false, '')).toBe(url);
  });

  it('counts the tokens of Claude, with the client’s query', () => {
    const made = target('foundry', 'claude-opus-4-8', { resource: 'r' });
    expect(made.counting?.url('?beta=true')).toBe(`${host}/anthropic/v1/messages/count_tokens?beta=true`);
  });
});
