import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AwsCredential } from '../../src/providers/clouds/aws-credential.ts';
import { awsSignature, readAuthorization } from '../support/aws-signature.ts';
import {
  ask,
  awsFrame,
  bedrockFrame,
  type Cloud,
  type CloudReply,
  cloudTarget,
  count,
  helloEvents,
  helloMessage,
  openTransport,
  type Received,
  startCloud,
} from './bed.ts';

const accessKey = 'AKIDEXAMPLE';
const secret = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const model = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const arn = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3';
const transport = openTransport();
const json = (value: unknown): CloudReply => ({ chunks: [JSON.stringify(value)] });
const framed = (frames: Buffer[]): CloudReply => ({
  headers: { 'content-type': 'application/vnd.amazon.eventstream' },
  chunks: frames.flatMap((frame) => [frame.subarray(0, 9), frame.subarray(9, 40), frame.subarray(40)]),
});

let cloud: Cloud;
let answer: (request: Received) => CloudReply = () => json(helloMessage);

beforeAll(async () => {
  cloud = await startCloud((request) => answer(request));
});

afterEach(() => {
  answer = () => json(helloMessage);
  cloud.received.length = 0;
});

afterAll(async () => {
  await transport.destroy();
  await cloud.stop();
});

/** The signature of a request as AWS would check it. */
function checked({ method, path, headers, body }: Received): { valid: boolean; credential: string; signed: string[] } {
  const { credential, signed, signature } = readAuthorization(String(headers.authorization));
  const [, , region, service] = credential.split('/') as [string, string, string, string];
  const covered = Object.fromEntries(signed.map((name) => [name, String(headers[name])]));
  const right = awsSignature({ method, path, headers: covered, body }, { secret, region, service });
  return { valid: right === signature, credential, signed };
}

describe('the judge of signatures', () => {
  it('agrees with the vector that AWS publishes for a plain POST', () => {
    const headers = { host: 'example.amazonaws.com', 'x-amz-date': '20150830T123600Z' };
    const request = { method: 'POST', path: '/', headers, body: Buffer.alloc(0) };
    expect(awsSignature(request, { secret, region: 'us-east-1', service: 'service' })).toBe(
      '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
    );
  });
});

describe('a signature of a fixed date', () => {
  const path = (id: string) => `/model/${encodeURIComponent(id)}/invoke`;
  it.each([
    ['an id with a colon', path(model), 'bedrock-runtime.us-east-1.amazonaws.com', 'bedrock'],
    ['an ARN', path(arn), 'bedrock-runtime.us-east-1.amazonaws.com', 'bedrock'],
    ['a plain id', path('anthropic.claude-opus-4-8'), 'bedrock-runtime.us-east-1.amazonaws.com', 'bedrock'],
    ['the Messages endpoint of mantle', '/anthropic/v1/messages', 'bedrock-mantle.us-east-1.api.aws', 'bedrock-mantle'],
  ])('case 138: is right for %s', async (_, urlPath, host, service) => {
    const settings = { provider: 'b', region: 'us-east-1', profile: undefined, environment: () => undefined };
    const credential = new AwsCredential({ ...settings, now: () => Date.UTC(2026, 10, 24, 22, 5, 9) });
    const body = Buffer.from('{"max_tokens":1}');
    const { signal } = new AbortController();
    const request = { url: `https://${host}${urlPath}`, body, signal };
    const { authorization, ...rest } = await credential.headers(`${accessKey}:${secret}:a/session+token=`, request);
    const signedHeaders = { host, 'x-amz-date': '20261124T220509Z', 'x-amz-security-token': 'a/session+token=' };
    expect(rest).toEqual({ 'x-amz-date': '20261124T220509Z', 'x-amz-security-token': 'a/session+token=' });
    const right = { method: 'POST', path: urlPath, headers: signedHeaders, body };
    expect(authorization).toBe(
      `AWS4-HMAC-SHA256 Credential=${accessKey}/20261124/us-east-1/${service}/aws4_request, ` +
        'SignedHeaders=host;x-amz-date;x-amz-security-token, ' +
        `Signature=${awsSignature(right, { secret, region: 'us-east-1', service })}`,
    );
  });
});

describe('a call to Bedrock', () => {
  const signing = { region: 'us-west-2', apiKeys: [`${accessKey}:${secret}:token`] };

  it.each([model, arn])('case 138: is signed so that AWS finds it right, for %s', async (id) => {
    const target = cloudTarget('bedrock', id, { ...signing, baseUrl: cloud.url });
    await expect(ask(transport, target)).resolves.toMatchObject({ content: helloMessage.content });
    const [received] = cloud.received;
    expect(received!.path).toBe(`/model/${encodeURIComponent(id)}/invoke`);
    expect(checked(received!)).toMatchObject({
      valid: true,
      credential: expect.stringContaining('/us-west-2/bedrock/'),
    });
    expect(received!.headers['x-amz-security-token']).toBe('token');
    expect(received!.json()).toEqual({
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 10,
      messages: [{ role: 'user', content: 'Hello' }],
    });
  });

  it('has a signature that holds for its own body alone', async () => {
    await ask(transport, cloudTarget('bedrock', model, { ...signing, baseUrl: cloud.url }));
    const [received] = cloud.received;
    expect(checked({ ...received!, body: Buffer.from('{}') }).valid).toBe(false);
  });

  it('carries a Bedrock API key as Bearer', async () => {
    const variables = { AWS_BEARER_TOKEN_BEDROCK: 'ABSKtest' };
    await ask(transport, cloudTarget('bedrock', model, { region: 'us-east-1', baseUrl: cloud.url }, variables));
    expect(cloud.received[0]!.headers.authorization).toBe('Bearer ABSKtest');
  });

  it('names betas in the body and not in a header', async () => {
    const headers = { 'anthropic-version': '2023-06-01', 'anthropic-beta': 'context-1m-2025-08-07,unknown-2030-01-01' };
    await ask(transport, cloudTarget('bedrock', model, { ...signing, baseUrl: cloud.url }), {}, headers);
    const [received] = cloud.received;
    expect(received!.json().anthropic_beta).toEqual(['context-1m-2025-08-07']);
    expect(Object.keys(received!.headers).filter((name) => name.startsWith('anthropic'))).toEqual([]);
  });

  it('case 135: reads a stream of AWS frames, cut anywhere', async () => {
    answer = () => framed(helloEvents.map(bedrockFrame));
    const target = cloudTarget('bedrock', model, { ...signing, baseUrl: cloud.url });
    await expect(ask(transport, target, { stream: true })).resolves.toMatchObject({
      content: helloMessage.content,
      stop_reason: 'end_turn',
      usage: { input_tokens: 3, output_tokens: 2 },
    });
    const [received] = cloud.received;
    expect(received!.path).toBe(`/model/${encodeURIComponent(model)}/invoke-with-response-stream`);
    expect(received!.json()).not.toHaveProperty('stream');
    expect(checked(received!).valid).toBe(true);
  });

  it('case 136: fails as limited where the stream holds a throttling exception', async () => {
    const exception = { ':message-type': 'exception', ':exception-type': 'throttlingException' };
    answer = () => framed([bedrockFrame(helloEvents[0]), awsFrame(exception, { message: 'Too many tokens' })]);
    const target = cloudTarget('bedrock', model, { ...signing, baseUrl: cloud.url });
    await expect(ask(transport, target, { stream: true })).rejects.toMatchObject({
      kind: 'upstream-rate-limit',
      type: 'rate_limit_error',
      message: 'bedrock: Too many tokens',
    });
  });

  it('fails as AWS names the error', async () => {
    const headers = { 'x-amzn-errortype': 'ServiceQuotaExceededException' };
    answer = () => ({ status: 400, headers, chunks: ['{"message":"Quota reached"}'] });
    const target = cloudTarget('bedrock', model, { ...signing, baseUrl: cloud.url });
    await expect(ask(transport, target)).rejects.toMatchObject({ kind: 'upstream-rate-limit', status: 429 });
  });

  it('is asked again without a field that Bedrock does not know, signed anew', async () => {
    answer = ({ json: body }) =>
      'output_config' in body()
        ? { status: 400, chunks: ['{"message":"output_config: Extra inputs are not permitted"}'] }
        : json(helloMessage);
    const target = cloudTarget('bedrock', model, { ...signing, baseUrl: cloud.url });
    const answered = ask(transport, target, { output_config: { effort: 'low' } });
    await expect(answered).resolves.toMatchObject({ content: helloMessage.content });
    expect(cloud.received.map((received) => checked(received).valid)).toEqual([true, true]);
  });

  it('counts tokens with a whole body of InvokeModel', async () => {
    answer = () => json({ inputTokens: 321 });
    const target = cloudTarget('bedrock', model, { ...signing, baseUrl: cloud.url });
    await expect(count(transport, target)).resolves.toEqual({ input_tokens: 321 });
    const [received] = cloud.received;
    expect(received!.path).toBe(`/model/${encodeURIComponent(model)}/count-tokens`);
    const { input } = received!.json() as { input: { invokeModel: { body: string } } };
    expect(JSON.parse(Buffer.from(input.invokeModel.body, 'base64').toString('utf8'))).toEqual({
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 1,
      messages: [{ role: 'user', content: 'Hello' }],
    });
    expect(checked(received!).valid).toBe(true);
  });

  it('estimates tokens where Bedrock refuses to count', async () => {
    answer = () => ({ status: 404, chunks: ['{}'] });
    const target = cloudTarget('bedrock', model, { ...signing, baseUrl: cloud.url });
    await expect(count(transport, target)).resolves.toEqual({ input_tokens: 7 });
  });
});

describe('a call to the Messages endpoint of Bedrock', () => {
  it('is Anthropic’s own form, signed', async () => {
    const signing = { region: 'us-east-1', apiKeys: [`${accessKey}:${secret}`] };
    const target = cloudTarget('bedrock', 'anthropic.claude-opus-4-8', {
      ...signing,
      endpoint: `${cloud.url}/anthropic/v1/messages`,
    });
    await ask(transport, target, {}, { 'anthropic-beta': 'context-1m-2025-08-07' });
    const [received] = cloud.received;
    expect(received!.path).toBe('/anthropic/v1/messages?beta=true');
    expect(received!.json().model).toBe('anthropic.claude-opus-4-8');
    expect(received!.headers).toMatchObject({
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'context-1m-2025-08-07',
    });
    expect(checked(received!).valid).toBe(true);
  });
});

describe('a profile of the credentials file', () => {
  const home = mkdtempSync(join(tmpdir(), 'router-aws-'));
  const files = { AWS_SHARED_CREDENTIALS_FILE: join(home, 'credentials'), AWS_CONFIG_FILE: join(home, 'config') };

  beforeAll(() => {
    writeFileSync(
      files.AWS_SHARED_CREDENTIALS_FILE,
      `# keys\n[default]\naws_access_key_id = AKDEFAULT\naws_secret_access_key = ${secret}\n\n` +
        `[work]\naws_access_key_id=AKWORK\naws_secret_access_key=${secret}\naws_session_token = tok/en==\n`,
    );
    writeFileSync(files.AWS_CONFIG_FILE, '[profile work]\nregion = eu-central-1\n[default]\nregion = us-east-2\n');
  });

  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it.each<[string, { profile?: string }, Record<string, string>, string]>([
    ['named in the configuration', { profile: 'work' }, {}, 'AKWORK/.*/eu-central-1/bedrock'],
    ['of AWS_PROFILE', {}, { AWS_PROFILE: 'work' }, 'AKWORK/.*/eu-central-1/bedrock'],
    ['called default', {}, {}, 'AKDEFAULT/.*/us-east-2/bedrock'],
    ['named, before the environment', { profile: 'work' }, { AWS_BEARER_TOKEN_BEDROCK: 'k' }, 'AKWORK/'],
  ])('%s signs calls and says the region', async (_, fields, variables, credential) => {
    const target = cloudTarget('bedrock', 'm', { ...fields, baseUrl: cloud.url }, { ...files, ...variables });
    expect(target.problem).toBeUndefined();
    await ask(transport, target);
    const check = checked(cloud.received[0]!);
    expect(check.valid).toBe(true);
    expect(check.credential).toMatch(new RegExp(`^${credential}`));
  });

  it('is read for each call, so that renewed keys are taken', async () => {
    const renewed = { ...files, AWS_SHARED_CREDENTIALS_FILE: join(home, 'renewed') };
    const write = (name: string) =>
      writeFileSync(
        renewed.AWS_SHARED_CREDENTIALS_FILE,
        `[default]\naws_access_key_id=${name}\naws_secret_access_key=x\n`,
      );
    write('AKFIRST');
    const target = cloudTarget('bedrock', 'm', { baseUrl: cloud.url }, renewed);
    await ask(transport, target);
    write('AKSECOND');
    await ask(transport, target);
    expect(cloud.received.map(({ headers }) => /Credential=(\w+)/.exec(headers.authorization!)?.[1])).toEqual([
      'AKFIRST',
      'AKSECOND',
    ]);
  });

  it('that has no keys is a problem before any call', () => {
    const target = cloudTarget('bedrock', 'm', { profile: 'other', region: 'us-east-1' }, files);
    expect(target.problem).toContain('no key for Amazon Bedrock');
  });
});
