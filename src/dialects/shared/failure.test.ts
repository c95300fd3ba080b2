import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../call/failure.ts';
import { classifyFailure, errorMessageOf, readErrorBody, type UpstreamError } from './failure.ts';
import { durationSeconds, retryAfterSeconds } from './retry-after.ts';

const failed = (error: Partial<UpstreamError>) =>
  classifyFailure({ provider: 'acme', status: 200, message: 'no', ...error });

describe('readErrorBody', () => {
  it('reads a whole error body that is handed on as one string', () => {
    const inner = { error: { code: 400, message: 'too long', n_prompt_tokens: 9, n_ctx: 5 } };
    const body = Buffer.from(JSON.stringify({ error: JSON.stringify(inner) }));
    expect(readErrorBody(body)).toMatchObject({ message: 'too long', code: 400, promptTokens: 9, contextWindow: 5 });
  });
});

describe('classifyFailure', () => {
  it.each<[Partial<UpstreamError>, number, string]>([
    [{ status: 400 }, 400, 'invalid_request_error'],
    [{ status: 422 }, 400, 'invalid_request_error'],
    [{ status: 418 }, 400, 'invalid_request_error'],
    [{ status: 401 }, 403, 'permission_error'],
    [{ status: 403 }, 403, 'permission_error'],
    [{ status: 402 }, 402, 'billing_error'],
    [{ status: 429, code: 'insufficient_quota' }, 402, 'billing_error'],
    [{ status: 400, code: 'insufficient_quota' }, 400, 'invalid_request_error'],
    [{ status: 400, message: 'Your credit balance is too low' }, 402, 'billing_error'],
    [{ status: 404 }, 404, 'not_found_error'],
    [{ status: 408 }, 504, 'timeout_error'],
    [{ status: 504 }, 504, 'timeout_error'],
    [{ status: 409 }, 409, 'conflict_error'],
    [{ status: 413 }, 413, 'request_too_large'],
    [{ status: 413, code: 'rate_limit_exceeded' }, 429, 'rate_limit_error'],
    [{ status: 429 }, 429, 'rate_limit_error'],
    [{ status: 429, message: 'too many tokens per minute: the maximum context is fine' }, 429, 'rate_limit_error'],
    [{ status: 500 }, 500, 'api_error'],
    [{ status: 502 }, 500, 'api_error'],
    [{ status: 500, code: 'engine_overloaded' }, 529, 'overloaded_error'],
    [{ status: 503 }, 529, 'overloaded_error'],
    [{ status: 529 }, 529, 'overloaded_error'],
    [{ code: 429 }, 429, 'rate_limit_error'],
    [{ code: '503' }, 529, 'overloaded_error'],
    [{ code: 401 }, 403, 'permission_error'],
    [{ code: 'rate_limit_exceeded' }, 429, 'rate_limit_error'],
    [{ type: 'authentication_error' }, 403, 'permission_error'],
    [{ code: 'model_not_found' }, 404, 'not_found_error'],
    [{ type: 'invalid_request_error' }, 400, 'invalid_request_error'],
    [{ type: 'overloaded_error' }, 529, 'overloaded_error'],
    [{ message: 'the server is busy' }, 529, 'overloaded_error'],
    [{ code: 'request_timeout' }, 504, 'timeout_error'],
    [{}, 500, 'api_error'],
  ])('maps %j to %i %s', (error, status, type) => {
    expect(failed(error)).toMatchObject({ status, type });
  });

  it('names the provider and keeps its words', () => {
    expect(failed({ status: 400, message: 'bad field' }).message).toBe('acme: bad field');
    expect(failed({ status: 401, message: 'Invalid API Key' }).message).toBe(
      'acme refused the credential: Invalid API Key',
    );
    expect(failed({ status: 403, message: 'not in your country' }).message).toBe(
      'acme refused access: not in your country',
    );
    expect(failed({ status: 502, message: '' }).message).toBe('acme answered 502 without a message');
  });

  it('tells the status that the provider answered with', () => {
    expect(failed({ status: 401 }).details).toMatchObject({ provider: 'acme', upstreamStatus: 401 });
    expect(failed({ code: 429 }).details.upstreamStatus).toBe(429);
  });

  it('says that a lack of money is not to be tried again', () => {
    expect(failed({ status: 429, code: 'insufficient_quota' }).details.shouldRetry).toBe(false);
    expect(failed({ status: 429 }).details.shouldRetry).toBeUndefined();
  });

  it.each([
    ["This model's maximum context length is 1048565 tokens. However, you requested 1250025 tokens", 1250025, 1048565],
    [
      "This model's maximum context length is 8192 tokens. However, your messages resulted in 10000 tokens.",
      10000,
      8192,
    ],
    [
      'Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300000 tokens.',
      300000,
      272000,
    ],
    ['The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).', 1200000, 1048576],
    ['request (40,960 tokens) exceeds the available context size (32,768 tokens), try increasing it', 40960, 32768],
    [
      'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
      40000,
      32768,
    ],
    ["This model's maximum prompt length is 131072 but the request contains 537812 tokens.", 537812, 131072],
  ])('reports "%s" as a prompt that is too long', (message, prompt, maximum) => {
    const failure = failed({ status: 400, message });
    expect(failure.status).toBe(400);
    expect(failure.kind).toBe('upstream-prompt-too-long');
    expect(failure.message).toBe(`prompt is too long: ${prompt} tokens > ${maximum} maximum (${message})`);
  });

  it.each<Partial<UpstreamError>>([
    { status: 400, code: 'context_length_exceeded' },
    { status: 413, message: 'Please reduce the length of the messages or completion.' },
    { status: 500, message: 'input is too long for the context window' },
  ])('reports %j as one too, without numbers', (error) => {
    expect(failed(error)).toMatchObject({ kind: 'upstream-prompt-too-long', status: 400 });
    expect(failed(error).message).toMatch(/^prompt is too long \(/);
  });

  it('keeps the words of Anthropic as they are', () => {
    const message = 'prompt is too long: 208310 tokens > 200000 maximum';
    expect(failed({ status: 400, message }).message).toBe(message);
  });

  it('takes a limit of the answer for what it is', () => {
    const message = 'max_tokens is too large: 128000. This model supports at most 16384 completion tokens';
    expect(failed({ status: 400, message }).kind).toBe('upstream-refused-request');
  });

  it('makes a Failure that keeps the message of whatever a provider says', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 200, max: 599 }),
        fc.string(),
        fc.oneof(fc.string(), fc.integer()),
        (status, message, code) => {
          const failure = failed({ status, message, code });
          expect(failure).toBeInstanceOf(Failure);
          expect(failure.message).toContain(message);
          expect(failure.status).toBeGreaterThanOrEqual(400);
        },
      ),
    );
  });
});

describe('the time to wait', () => {
  const wait = (headers: Record<string, string>, message = '') => retryAfterSeconds({ headers, message }, true);

  it.each([
    [{ 'retry-after': '3' }, '', 3],
    [{ 'retry-after': '0' }, '', 1],
    [{ 'retry-after': '1.2' }, '', 2],
    [{ 'retry-after-ms': '2500', 'retry-after': '90' }, '', 3],
    [{ 'retry-after': 'Tue, 24 Nov 2026 10:00:30 GMT', date: 'Tue, 24 Nov 2026 10:00:00 GMT' }, '', 30],
    [{ 'retry-after': 'Tue, 24 Nov 2026 10:00:30 GMT' }, '', undefined],
    [{}, 'Rate limit reached. Please try again in 1.2s. Visit', 2],
    [{}, 'Please try again in 1m26.4s.', 87],
    [{}, 'Please try again in 20ms', 1],
    [
      { 'x-ratelimit-reset-requests': '1s', 'x-ratelimit-reset-tokens': '6m0s', 'x-ratelimit-remaining-tokens': '0' },
      '',
      360,
    ],
    [{ 'x-ratelimit-reset-requests': '1s', 'x-ratelimit-reset-tokens': '6m0s' }, '', 1],
    [{}, '', undefined],
  ])('is read from %j and "%s"', (headers, message, seconds) => {
    expect(wait(headers as Record<string, string>, message)).toBe(seconds);
  });

  it('counts text and resets only where the error is one of load', () => {
    expect(failed({ status: 400, message: 'try again in 5s' }).details.retryAfterSeconds).toBeUndefined();
    expect(failed({ status: 500, headers: { 'retry-after': '5' } }).details.retryAfterSeconds).toBe(5);
  });

  it.each([
    ['17s', 17],
    ['1h2m3s', 3723],
    ['7.66', 7.66],
    ['soon', undefined],
    ['', undefined],
  ])('reads %s as a duration', (text, seconds) => {
    expect(durationSeconds(text)).toBe(seconds);
  });
});

describe('an error body', () => {
  it.each<[unknown, string]>([
    [{ error: { message: 'a', type: 't', param: null, code: 'c' } }, 'a'],
    [{ type: 'error', error: { type: 'api_error', message: 'a' } }, 'a'],
    [{ error: 'a' }, 'a'],
    [{ message: 'a', object: 'error' }, 'a'],
    [{ detail: 'a' }, 'a'],
    [
      {
        detail: [
          { loc: ['body', 'x'], msg: 'missing' },
          { loc: ['body', 'y'], msg: 'wrong' },
        ],
      },
      'body.x: missing; body.y: wrong',
    ],
    [{ message: { detail: [{ loc: ['body', 'tools'], msg: 'empty' }] } }, 'body.tools: empty'],
    [{ code: 500, message: 'a' }, 'a'],
    [{ errors: [{ message: 'a' }] }, 'a'],
    [[{ error: { code: 400, message: 'a', status: 'INVALID_ARGUMENT' } }], 'a'],
    [
      { error: { message: 'Provider returned error', metadata: { raw: '{"error":{"message":"too hot"}}' } } },
      'Provider returned error: too hot',
    ],
    ['plain', 'plain'],
    [{}, '{}'],
  ])('of the shape %j says its message', (body, message) => {
    expect(errorMessageOf(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)))).toBe(message);
  });

  it('tells code, type, time to wait and counts where they are', () => {
    const google = {
      error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'a', details: [{ retryDelay: '17s' }] },
    };
    expect(readErrorBody(Buffer.from(JSON.stringify(google)))).toMatchObject({ code: 429, retryAfterSeconds: 17 });
    const relayed = { error: { code: 429, message: 'a', metadata: { headers: { 'Retry-After': '9' } } } };
    expect(readErrorBody(Buffer.from(JSON.stringify(relayed)))).toMatchObject({ retryAfterSeconds: 9 });
    const llama = { error: { message: 'a', type: 'exceed_context_size_error', n_prompt_tokens: 9, n_ctx: 5 } };
    expect(readErrorBody(Buffer.from(JSON.stringify(llama)))).toMatchObject({ promptTokens: 9, contextWindow: 5 });
  });

  it('of HTML is its title, never the page', () => {
    const page = `<!DOCTYPE html><html><head><title>502 Bad Gateway</title><style>b{}</style></head><body>${'x'.repeat(5000)}</body></html>`;
    expect(errorMessageOf(Buffer.from(page))).toBe('502 Bad Gateway');
    const untitled = `<html><body><style>b{color:red}</style><p>Oh no</p>${'<i>y</i>'.repeat(500)}</body></html>`;
    expect(errorMessageOf(Buffer.from(untitled))).toMatch(/^Oh no y y/);
    expect(errorMessageOf(Buffer.from(untitled)).length).toBeLessThan(210);
  });
});
