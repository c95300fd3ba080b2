import type { CallSignal } from '../call/cancellation.ts';
import type { Dialect, ModelAbilities } from '../dialects/dialect.ts';
import type { Quirks } from '../dialects/quirks.ts';
import type { Price } from '../models/price.ts';
import type { Counting } from './counting.ts';
import type { KeyPool } from './key-pool.ts';
import type { AuthScheme } from './presets.ts';
import type { Upstream } from './transport.ts';

/** Milliseconds; 0 is no limit. */
export interface Timeouts {
  /** From sending to the status line of the reply. */
  firstByte: number;
  /** Between two reads of the reply. */
  idle: number;
  /** The whole attempt. */
  total: number;
}

/** What a credential may depend on. */
export interface RequestToAuthorize {
  url: string;
  body: Buffer;
  /** Ends the waiting for a token. */
  signal: CallSignal;
}

/** A credential that is made anew for each request: a signature, or a token that has to be fetched. */
export interface CloudCredential {
  /** The headers that carry it; `key` is one of the target's. Throws Failure. */
  headers(key: string | undefined, request: RequestToAuthorize, upstream: Upstream): Promise<Record<string, string>>;
}

/** One model at one provider, ready to be called. */
export interface Target {
  /** The configured name. */
  readonly name: string;
  /** Other names it answers to: `provider/model`, `provider,model`. */
  readonly aliases: readonly string[];
  /** The configured provider's name. */
  readonly provider: string;
  readonly providerType: string;
  /** The upstream's id of the model. */
  readonly model: string;
  readonly dialect: Dialect;
  readonly quirks: Quirks;
  /** What is configured or known of the model; undefined is unknown. */
  readonly abilities: ModelAbilities;
  /** The price that the configuration states for it; without one the provider or the catalogue says it. */
  readonly configuredPrice?: Price;
  readonly timeouts: Timeouts;
  readonly auth: AuthScheme;
  /** Where a header with the key is not enough. */
  readonly credential: CloudCredential | undefined;
  readonly keys: KeyPool;
  /** Calls at the same time; undefined is no limit. */
  readonly maxConcurrent?: number;
  /** True where the client's own credential is sent. */
  readonly passThroughCredential: boolean;
  /** Configured headers for every call. */
  readonly headers: Readonly<Record<string, string>>;
  /** Why it can't be called, in words that say what to do: a variable that is not set. */
  readonly problem: string | undefined;
  url(stream: boolean, query: string): string;
  /** How it counts prompts; undefined where it can't. */
  readonly counting: Counting | undefined;
}
