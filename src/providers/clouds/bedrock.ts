import { invokeModelCounting } from '../counting.ts';
import { type Endpoint, readEndpoint } from '../endpoint.ts';
import { bedrockMessagesQuirks, invokeModelQuirks } from './messages-forms.ts';
import { configuredAddress, type Place } from './place.ts';

/**
 * Where a model of Amazon Bedrock is called: Claude by InvokeModel, or at the Messages endpoint where the configured address
 * leads there (`…/anthropic`, `…/messages`); OpenAI's models at the OpenAI form of the same service. Anthropic's own platform
 * on AWS has all of its own form.
 */
export function bedrockEndpoint(place: Place): Endpoint {
  const { config, dialect, region } = place;
  const address = configuredAddress(config) ?? (region && `https://bedrock-runtime.${region}.amazonaws.com`);
  if (address === undefined) return { missing: 'region' };
  const path = address.split('?')[0]!.replace(/\/+$/, '');
  if (/^https?:\/\/aws-external-anthropic\./.test(path)) return readEndpoint(undefined, address, 'anthropic');
  if (/\/messages$/.test(path)) return { dialect: 'anthropic', full: address, quirks: bedrockMessagesQuirks };
  if (/\/anthropic(\/v1)?$/.test(path)) {
    return { dialect: 'anthropic', base: versioned(path), quirks: bedrockMessagesQuirks };
  }
  if (/\/(chat\/completions|responses)$/.test(path)) return readEndpoint(undefined, address, dialect);
  if (/\/openai(\/v1)?$/.test(path)) return { dialect: openAiDialect(dialect), base: versioned(path) };
  const base = path.replace(/\/model\/[^/]+\/[\w-]+$/, '');
  if (dialect !== 'anthropic') return { dialect, base: `${base}/openai/v1` };
  const model = `${base}/model/${encodedModel(config.model)}`;
  return {
    base: model,
    path: (stream) => (stream ? '/invoke-with-response-stream' : '/invoke'),
    quirks: invokeModelQuirks,
    counting: invokeModelCounting(`${model}/count-tokens`),
  };
}

/** The region of an address or of the ARN of a model; undefined where it names none. */
export function regionIn(text: string): string | undefined {
  const host = /(?:^|\.)([a-z]{2}(?:-[a-z]+)+-\d)(?:\.vpce)?\.(?:amazonaws\.com|api\.aws)/.exec(text)?.[1];
  return host ?? /^arn:[^:]*:bedrock:([^:]+):/.exec(text)?.[1];
}

/** The name under which calls to this host are signed. */
export function signedService(host: string): string {
  return /^(aws-external-anthropic|bedrock-mantle)\./.exec(host)?.[1] ?? 'bedrock';
}

/** An id or ARN as one segment of the path: `:` and `/` must not stand in it, nor what a signature encodes otherwise. */
function encodedModel(model: string): string {
  return encodeURIComponent(model).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

function versioned(path: string): string {
  return path.endsWith('/v1') ? path : `${path}/v1`;
}

function openAiDialect(dialect: Place['dialect']): Place['dialect'] {
  return dialect === 'openai-responses' ? dialect : 'openai-chat';
}
