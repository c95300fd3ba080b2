import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jwtVerify } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { GoogleCredential } from '../../src/providers/clouds/google-credential.ts';
import {
  ask,
  type Cloud,
  type CloudReply,
  cloudTarget,
  count,
  helloEvents,
  helloMessage,
  openTransport,
  type Received,
  sse,
  startCloud,
} from './bed.ts';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const publicKey = createPublicKey(privateKey);
const transport = openTransport();
const json = (value: unknown, status = 200): CloudReply => ({ status, chunks: [JSON.stringify(value)] });
const token = (value: string, seconds = 3600) =>
  json({ access_token: value, expires_in: seconds, token_type: 'Bearer' });

const noVariables = () => undefined;

let cloud: Cloud;
let onToken: (request: Received) => CloudReply = () => token('ya29.first');
let onCall: (request: Received) => CloudReply = () => json(helloMessage);

beforeAll(async () => {
  cloud = await startCloud((request) => (request.path === '/token' ? onToken(request) : onCall(request)));
});

afterEach(() => {
  onToken = () => token('ya29.first');
  onCall = () => json(helloMessage);
  cloud.received.length = 0;
});

afterAll(async () => {
  await transport.destroy();
  await cloud.stop();
});

function serviceAccount(): string {
  return JSON.stringify({
    ...{ type: 'service_account', project_id: 'own-project', private_key_id: 'key-1', private_key: pem },
    ...{ client_email: 'router@own-project.iam.gserviceaccount.com', token_uri: `${cloud.url}/token` },
  });
}

function vertex(apiKey: string, model = 'claude-opus-4-8') {
  return cloudTarget('vertex', model, { apiKeys: [apiKey], baseUrl: cloud.url, location: 'us-east5', project: 'p' });
}

const exchanges = () => cloud.received.filter(({ path }) => path === '/token');
const calls = () => cloud.received.filter(({ path }) => path !== '/token');

function signIn(credential: GoogleCredential, key: string, signal = new AbortController().signal) {
  return credential.headers(key, { url: 'http://unused', body: Buffer.alloc(0), signal }, transport);
}

describe('a service account', () => {
  it('case 140: asks for a token with a JWT of the right claims, signed with its key', async () => {
    const now = Date.UTC(2026, 10, 24, 12);
    const headers = await signIn(new GoogleCredential('vertex', noVariables, () => now), serviceAccount());
    expect(headers).toEqual({ authorization: 'Bearer ya29.first' });
    const [asked] = exchanges();
    expect(asked!.method).toBe('POST');
    expect(asked!.headers['content-type']).toBe('application/x-www-form-urlencoded');
    const form = new URLSearchParams(asked!.body.toString('utf8'));
    expect(form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer');
    const { payload, protectedHeader } = await jwtVerify(form.get('assertion')!, publicKey, {
      currentDate: new Date(now),
    });
    expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'key-1' });
    expect(payload).toEqual({
      iss: 'router@own-project.iam.gserviceaccount.com',
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      aud: `${cloud.url}/token`,
      iat: now / 1000,
      exp: now / 1000 + 3600,
    });
  });

  it('keeps its token until a minute before its end', async () => {
    let now = 0;
    const credential = new GoogleCredential('vertex', noVariables, () => now);
    const key = serviceAccount();
    await signIn(credential, key);
    now = 3_539_000;
    onToken = () => token('ya29.second');
    expect(await signIn(credential, key)).toEqual({ authorization: 'Bearer ya29.first' });
    now = 3_540_001;
    expect(await signIn(credential, key)).toEqual({ authorization: 'Bearer ya29.second' });
    expect(exchanges()).toHaveLength(2);
  });

  it('asks once for calls that come together', async () => {
    const credential = new GoogleCredential('vertex', noVariables);
    const key = serviceAccount();
    await Promise.all([signIn(credential, key), signIn(credential, key), signIn(credential, key)]);
    expect(exchanges()).toHaveLength(1);
  });

  it('is refused with Google’s words, and asked for again at the next call', async () => {
    onToken = () => json({ error: 'invalid_grant', error_description: 'Invalid JWT Signature.' }, 400);
    const credential = new GoogleCredential('vertex', noVariables);
    const key = serviceAccount();
    await expect(signIn(credential, key)).rejects.toMatchObject({
      kind: 'upstream-credential',
      message: 'vertex: Google gave no token: invalid_grant: Invalid JWT Signature.',
    });
    onToken = () => token('ya29.first');
    await expect(signIn(credential, key)).resolves.toEqual({ authorization: 'Bearer ya29.first' });
  });

  it('fails as Google’s fault where the token endpoint does', async () => {
    onToken = () => ({ status: 503, chunks: ['busy'] });
    await expect(signIn(new GoogleCredential('vertex', noVariables), serviceAccount())).rejects.toMatchObject({
      kind: 'upstream-error',
    });
  });

  it('with a key that is none is refused without a word of it', async () => {
    const key = JSON.stringify({ client_email: 'a@b', private_key: 'not a key', token_uri: `${cloud.url}/token` });
    await expect(signIn(new GoogleCredential('vertex', noVariables), key)).rejects.toMatchObject({
      kind: 'upstream-credential',
      message: expect.not.stringContaining('not a key'),
    });
  });

  it('does not keep a client waiting that has gone', async () => {
    const client = new AbortController();
    client.abort(new Error('gone'));
    await expect(signIn(new GoogleCredential('vertex', noVariables), serviceAccount(), client.signal)).rejects.toThrow(
      'gone',
    );
  });
});

describe('a login', () => {
  const home = mkdtempSync(join(tmpdir(), 'router-google-'));
  const gcloud = join(home, 'application_default_credentials.json');

  beforeAll(() => {
    writeFileSync(join(home, 'account.json'), serviceAccount());
    writeFileSync(
      gcloud,
      JSON.stringify({
        ...{ type: 'authorized_user', client_id: 'id', client_secret: 'se+cret', refresh_token: '1//refresh' },
        ...{ quota_project_id: 'payer', token_uri: `${cloud.url}/token` },
      }),
    );
  });

  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it('of a user is refreshed, and its project pays', async () => {
    const headers = await signIn(new GoogleCredential('vertex', noVariables), gcloud);
    expect(headers).toEqual({ authorization: 'Bearer ya29.first', 'x-goog-user-project': 'payer' });
    expect(Object.fromEntries(new URLSearchParams(exchanges()[0]!.body.toString('utf8')))).toEqual({
      ...{ grant_type: 'refresh_token', client_id: 'id', client_secret: 'se+cret', refresh_token: '1//refresh' },
    });
  });

  it.each<[string, Record<string, string>, string]>([
    [
      'of GOOGLE_APPLICATION_CREDENTIALS',
      { GOOGLE_APPLICATION_CREDENTIALS: join(home, 'account.json') },
      'own-project',
    ],
    ['of gcloud', { CLOUDSDK_CONFIG: home }, 'payer'],
  ])('%s is found, and says the project', async (_, variables, project) => {
    const target = cloudTarget('vertex', 'claude-opus-4-8', { baseUrl: cloud.url }, variables);
    expect(target.problem).toBeUndefined();
    await ask(transport, target);
    expect(calls()[0]!.path).toContain(`/projects/${project}/locations/global/`);
    expect(calls()[0]!.headers.authorization).toBe('Bearer ya29.first');
  });

  it('in a file that is not there is refused by its path', async () => {
    await expect(signIn(new GoogleCredential('vertex', noVariables), '/nowhere/account.json')).rejects.toMatchObject({
      kind: 'upstream-credential',
      message: expect.stringContaining('/nowhere/account.json'),
    });
  });

  it('that is missing is a problem before any call', () => {
    expect(cloudTarget('vertex', 'claude-x', { project: 'p' }).problem).toContain('GOOGLE_APPLICATION_CREDENTIALS');
  });
});

describe('the machine’s own account', () => {
  it('is asked for a token at the metadata server where the key says so', async () => {
    onCall = ({ path }) => (path.startsWith('/computeMetadata/') ? token('ya29.machine') : json(helloMessage));
    const fields = { apiKeys: ['metadata'], baseUrl: cloud.url, project: 'p' };
    const target = cloudTarget('vertex', 'claude-x', fields, { GCE_METADATA_HOST: new URL(cloud.url).host });
    await ask(transport, target);
    await ask(transport, target);
    const [asked, ...others] = calls();
    expect(asked).toMatchObject({
      method: 'GET',
      path: '/computeMetadata/v1/instance/service-accounts/default/token',
      headers: { 'metadata-flavor': 'Google' },
    });
    expect(others.map(({ headers }) => headers.authorization)).toEqual(['Bearer ya29.machine', 'Bearer ya29.machine']);
  });
});

describe('a call to Claude at Vertex', () => {
  const models = '/v1/projects/p/locations/us-east5/publishers/anthropic/models';

  it('goes to rawPredict with the token, the version in the body and no model', async () => {
    await expect(ask(transport, vertex(serviceAccount()))).resolves.toMatchObject({ content: helloMessage.content });
    const [received] = calls();
    expect(received!.path).toBe(`${models}/claude-opus-4-8:rawPredict`);
    expect(received!.headers.authorization).toBe('Bearer ya29.first');
    expect(received!.headers).not.toHaveProperty('anthropic-version');
    expect(received!.json()).toEqual({
      anthropic_version: 'vertex-2023-10-16',
      max_tokens: 10,
      messages: [{ role: 'user', content: 'Hello' }],
    });
  });

  it('streams from streamRawPredict, with a ready token', async () => {
    onCall = () => ({ headers: { 'content-type': 'text/event-stream' }, chunks: [sse(helloEvents)] });
    const answered = ask(transport, vertex('ya29.ready'), { stream: true });
    await expect(answered).resolves.toMatchObject({ content: helloMessage.content, stop_reason: 'end_turn' });
    const [received] = calls();
    expect(received!.path).toBe(`${models}/claude-opus-4-8:streamRawPredict`);
    expect(received!.headers.authorization).toBe('Bearer ya29.ready');
    expect(received!.json().stream).toBe(true);
    expect(exchanges()).toHaveLength(0);
  });

  it('names the betas that Vertex takes in the header', async () => {
    const headers = { 'anthropic-beta': 'claude-code-20250219,context-1m-2025-08-07' };
    await ask(transport, vertex('ya29.ready'), {}, headers);
    expect(calls()[0]!.headers['anthropic-beta']).toBe('context-1m-2025-08-07');
    expect(calls()[0]!.json()).not.toHaveProperty('anthropic_beta');
  });

  it('counts tokens at the one URL for all models, with the model in the body', async () => {
    onCall = () => json({ input_tokens: 55 });
    await expect(count(transport, vertex('ya29.ready'))).resolves.toEqual({ input_tokens: 55 });
    expect(calls()[0]!.path).toBe(`${models}/count-tokens:rawPredict`);
    expect(calls()[0]!.json()).toMatchObject({
      model: 'claude-opus-4-8',
      messages: [{ role: 'user', content: 'Hello' }],
    });
  });
});
