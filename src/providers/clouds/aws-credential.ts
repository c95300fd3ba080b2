import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AwsV4Signer } from 'aws4fetch';
import { Failure } from '../../call/failure.ts';
import type { CloudCredential, RequestToAuthorize } from '../target.ts';
import { signedService } from './bedrock.ts';
import { firstSet, type Place } from './place.ts';

type Environment = Place['environment'];

export interface AwsSettings {
  provider: string;
  region: string | undefined;
  /** Where no key is given: the profile of the credentials file; `AWS_PROFILE` or `default` where left out. */
  profile: string | undefined;
  environment: Environment;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

/**
 * Credentials of AWS. A key `ACCESS:SECRET` or `ACCESS:SECRET:SESSION` signs each request (Signature Version 4), any other
 * is a Bedrock API key and goes as Bearer. Without a key the profile of the credentials file is read for each request, since
 * other programs renew what stands there.
 */
export class AwsCredential implements CloudCredential {
  readonly #settings: AwsSettings;
  /** Signing keys of a day, by secret and day. */
  readonly #signingKeys = new Map<string, ArrayBuffer>();

  constructor(settings: AwsSettings) {
    this.#settings = settings;
  }

  async headers(key: string | undefined, request: RequestToAuthorize): Promise<Record<string, string>> {
    const { provider, profile, environment } = this.#settings;
    const credential = key ?? profileKey(environment, profile);
    if (credential === undefined) {
      const message = `${provider}: no keys in the AWS profile ${profile ?? profileName(environment)}`;
      throw new Failure('upstream-credential', message, { provider });
    }
    if (!credential.includes(':')) return { authorization: `Bearer ${credential}` };
    return this.#signature(credential, request);
  }

  async #signature(credential: string, { url, body }: RequestToAuthorize): Promise<Record<string, string>> {
    const { region, now = Date.now } = this.#settings;
    const [accessKeyId = '', secretAccessKey = '', ...session] = credential.split(':');
    if (this.#signingKeys.size > 100) this.#signingKeys.clear();
    const signer = new AwsV4Signer({
      ...{ method: 'POST', url, body, accessKeyId, secretAccessKey, region, cache: this.#signingKeys },
      service: signedService(new URL(url).host),
      datetime: new Date(now()).toISOString().replaceAll(/[:-]|\.\d{3}/g, ''),
      ...(session.length > 0 ? { sessionToken: session.join(':') } : {}),
    });
    const signed = await signer.sign();
    return Object.fromEntries(signed.headers as unknown as Iterable<[string, string]>);
  }
}

/** The key that the environment's `AWS_ACCESS_KEY_ID` and its like make. */
export function environmentKey(environment: Environment): string | undefined {
  const accessKey = firstSet(environment, 'AWS_ACCESS_KEY_ID');
  const secret = firstSet(environment, 'AWS_SECRET_ACCESS_KEY');
  return joinedKey(accessKey, secret, firstSet(environment, 'AWS_SESSION_TOKEN'));
}

/** The key of a profile in the credentials file, or in the config file of the AWS command line. */
export function profileKey(environment: Environment, profile = profileName(environment)): string | undefined {
  const fields = profileFields(environment, profile);
  return joinedKey(fields.aws_access_key_id, fields.aws_secret_access_key, fields.aws_session_token);
}

/** The region of a profile. */
export function profileRegion(environment: Environment, profile = profileName(environment)): string | undefined {
  return profileFields(environment, profile).region;
}

function joinedKey(accessKey: string | undefined, secret: string | undefined, session: string | undefined) {
  if (!accessKey || !secret) return undefined;
  return [accessKey, secret, ...(session ? [session] : [])].join(':');
}

function profileName(environment: Environment): string {
  return firstSet(environment, 'AWS_PROFILE', 'AWS_DEFAULT_PROFILE') ?? 'default';
}

function profileFields(environment: Environment, profile: string): Record<string, string> {
  const home = firstSet(environment, 'HOME', 'USERPROFILE');
  const standing = (name: string) => (home === undefined ? undefined : join(home, '.aws', name));
  return {
    ...sectionOf(environment('AWS_CONFIG_FILE') ?? standing('config'), `profile ${profile}`, profile),
    ...sectionOf(environment('AWS_SHARED_CREDENTIALS_FILE') ?? standing('credentials'), profile),
  };
}

/** The fields of the sections with these names in an INI file; none where there is no such file. */
function sectionOf(path: string | undefined, ...names: string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  let within = false;
  for (const line of linesOf(path)) {
    const section = /^\s*\[\s*(.*?)\s*\]/.exec(line)?.[1];
    if (section !== undefined) within = names.includes(section.replace(/\s+/g, ' '));
    const [, name, value] = /^\s*([\w-]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (within && name !== undefined && value) fields[name.toLowerCase()] = value;
  }
  return fields;
}

function linesOf(path: string | undefined): string[] {
  if (path === undefined) return [];
  try {
    return readFileSync(path, 'utf8').split(/\r?\n/);
  } catch {
    return [];
  }
}
