import { createPrivateKey, sign } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { CallSignal } from '../../call/cancellation.ts';
import { Failure } from '../../call/failure.ts';
import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';
import { parseJson } from '../../protocol/stream-event.ts';
import type { CloudCredential, RequestToAuthorize } from '../target.ts';
import type { Upstream, UpstreamRequest } from '../transport.ts';
import { firstSet, type Place } from './place.ts';

/**
 * Credentials of Google Cloud. A key is a ready access token, or the JSON of a service account or of a user's login, or the
 * path of such a file, or `metadata`: the machine's own account within Google Cloud. From all but the first a token is fetched,
 * kept until a minute before its end, and shared by all calls.
 */
export class GoogleCredential implements CloudCredential {
  readonly #provider: string;
  readonly #metadataHost: string;
  readonly #now: () => number;
  readonly #tokens = new Map<string, Token>();
  readonly #fetching = new Map<string, Promise<Token>>();

  /** `now` in milliseconds since the epoch. */
  constructor(provider: string, environment: Place['environment'], now: () => number = Date.now) {
    this.#provider = provider;
    this.#metadataHost = firstSet(environment, 'GCE_METADATA_HOST') ?? 'metadata.google.internal';
    this.#now = now;
  }

  async headers(
    key: string | undefined,
    request: RequestToAuthorize,
    upstream: Upstream,
  ): Promise<Record<string, string>> {
    if (key === undefined) return {};
    if (!isLogin(key)) return bearer({ value: key });
    const known = this.#tokens.get(key);
    if (known && known.until > this.#now()) return bearer(known);
    request.signal.throwIfAborted();
    return bearer(await unlessAborted(this.#exchangeOnce(key, upstream), request.signal));
  }

  #exchangeOnce(key: string, upstream: Upstream): Promise<Token> {
    const running = this.#fetching.get(key);
    if (running) return running;
    const fetching = this.#exchange(key, upstream).finally(() => this.#fetching.delete(key));
    this.#fetching.set(key, fetching);
    return fetching;
  }

  async #exchange(key: string, upstream: Upstream): Promise<Token> {
    const login = key === metadataKey ? {} : readLogin(key);
    const exchange = key === metadataKey ? ownAccount(this.#metadataHost) : login && this.#exchangeFor(login);
    if (!login || !exchange) throw this.#refused(`no service account and no login of a user in ${shown(key)}`);
    const signal = AbortSignal.timeout(exchangeLimitMs);
    const reply = await upstream.send({ ...exchange, signal, provider: this.#provider });
    const chunks: Buffer[] = [];
    for await (const chunk of reply.body) chunks.push(chunk);
    const parsed = parseJson(Buffer.concat(chunks).toString('utf8'));
    const answer = isJsonObject(parsed) ? parsed : {};
    if (typeof answer.access_token !== 'string') throw this.#failed(reply.status, answer);
    const seconds = typeof answer.expires_in === 'number' ? answer.expires_in : 3600;
    const until = this.#now() + (seconds - 60) * 1000;
    const token: Token = { value: answer.access_token, until };
    if (typeof login.quota_project_id === 'string') token.quotaProject = login.quota_project_id;
    this.#tokens.set(key, token);
    return token;
  }

  #exchangeFor(login: JsonObject): Exchange | undefined {
    try {
      return exchangeOf(login, Math.floor(this.#now() / 1000));
    } catch {
      throw this.#refused(`the private key of ${String(login.client_email)} can't be read`);
    }
  }

  #failed(status: number, { error, error_description: description }: JsonObject): Failure {
    const said = [error, description].filter((word) => typeof word === 'string').join(': ') || `status ${status}`;
    if (status < 500) return this.#refused(`Google gave no token: ${said}`);
    return new Failure('upstream-error', `${this.#provider}: Google gave no token: ${said}`, {
      ...{ provider: this.#provider, upstreamStatus: status },
    });
  }

  #refused(what: string): Failure {
    return new Failure('upstream-credential', `${this.#provider}: ${what}`, { provider: this.#provider });
  }
}

/** The project that a service account or login belongs to; undefined where the key says none. */
export function projectOf(key: string | undefined): string | undefined {
  const login = key !== undefined && isLogin(key) ? readLogin(key) : undefined;
  const project = login?.project_id ?? login?.quota_project_id;
  return typeof project === 'string' ? project : undefined;
}

/** The file in which `gcloud auth application-default login` keeps a user's login, where there is one. */
export function defaultLogin(environment: Place['environment']): string | undefined {
  const home = firstSet(environment, 'HOME', 'USERPROFILE');
  const folder =
    firstSet(environment, 'CLOUDSDK_CONFIG') ?? (home === undefined ? undefined : join(home, '.config', 'gcloud'));
  const path = folder === undefined ? undefined : join(folder, 'application_default_credentials.json');
  return path !== undefined && existsSync(path) ? path : undefined;
}

interface Token {
  value: string;
  /** Milliseconds since the epoch. */
  until: number;
  /** Who pays for the calls of a user. */
  quotaProject?: string;
}

const exchangeLimitMs = 15_000;
const metadataKey = 'metadata';
const tokenAddress = 'https://oauth2.googleapis.com/token';

function bearer({ value, quotaProject }: Pick<Token, 'value' | 'quotaProject'>): Record<string, string> {
  return {
    authorization: `Bearer ${value}`,
    ...(quotaProject === undefined ? {} : { 'x-goog-user-project': quotaProject }),
  };
}

function isLogin(key: string): boolean {
  return (
    key === metadataKey || key.trimStart().startsWith('{') || /\.json$/i.test(key) || /^([~.]?\/|[A-Za-z]:\\)/.test(key)
  );
}

function readLogin(key: string): JsonObject | undefined {
  const parsed = parseJson(key.trimStart().startsWith('{') ? key : fileText(key));
  return isJsonObject(parsed) ? parsed : undefined;
}

function fileText(path: string): string {
  try {
    return readFileSync(path.replace(/^~(?=\/)/, homedir()), 'utf8');
  } catch {
    return '';
  }
}

/** What to ask for a token, and where; undefined for a kind of login that is not known. Throws for a key that is none. */
function exchangeOf(login: JsonObject, nowSeconds: number): Exchange | undefined {
  const url = typeof login.token_uri === 'string' ? login.token_uri : tokenAddress;
  const { client_email: email, private_key: key, private_key_id: keyId } = login;
  if (typeof email === 'string' && typeof key === 'string') {
    const assertion = signedAssertion({ email, key, keyId, audience: url }, nowSeconds);
    return posted(url, { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion });
  }
  const { client_id: id, client_secret: secret, refresh_token: refresh } = login;
  if (typeof id !== 'string' || typeof secret !== 'string' || typeof refresh !== 'string') return undefined;
  return posted(url, { grant_type: 'refresh_token', client_id: id, client_secret: secret, refresh_token: refresh });
}

type Exchange = Pick<UpstreamRequest, 'method' | 'url' | 'headers' | 'body'>;

function posted(url: string, form: Record<string, string>): Exchange {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return { method: 'POST', url, headers, body: Buffer.from(new URLSearchParams(form).toString()) };
}

function ownAccount(host: string): Exchange {
  const url = `http://${host}/computeMetadata/v1/instance/service-accounts/default/token`;
  return { method: 'GET', url, headers: { 'metadata-flavor': 'Google' } };
}

interface ServiceAccount {
  email: string;
  /** PEM. */
  key: string;
  keyId: unknown;
  audience: string;
}

/** A JWT by which a service account asks for a token of an hour (RFC 7523). */
function signedAssertion({ email, key, keyId, audience }: ServiceAccount, nowSeconds: number): string {
  const header = { alg: 'RS256', typ: 'JWT', ...(typeof keyId === 'string' ? { kid: keyId } : {}) };
  const scope = 'https://www.googleapis.com/auth/cloud-platform';
  const claims = { iss: email, scope, aud: audience, iat: nowSeconds, exp: nowSeconds + 3600 };
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${sign('RSA-SHA256', Buffer.from(text), createPrivateKey(key)).toString('base64url')}`;
}

/** A path may be told; the content of a key never. */
function shown(key: string): string {
  return key.trimStart().startsWith('{') ? 'the configured JSON' : key;
}

/** The promise's outcome, or the signal's reason as soon as it is aborted. */
function unlessAborted<Value>(promise: Promise<Value>, signal: CallSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
