import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';
import { parseJson } from '../../protocol/stream-event.ts';
import { durationSeconds } from './retry-after.ts';

/** What a provider said of an error, whatever the shape it said it in. */
export interface ErrorBody {
  /** '' where it said nothing. */
  message: string;
  code?: string | number;
  type?: string;
  /** How long the body asks to wait. */
  retryAfterSeconds?: number;
  /** How long the prompt is and how long it may be, where the server counted. */
  promptTokens?: number;
  contextWindow?: number;
  /** The object that holds the message, for what a dialect knows to look for in it. */
  error: JsonObject;
}

/** The provider's own words in an error body: JSON of any known shape, plain text, or what is readable of a page. */
export function errorMessageOf(body: Buffer): string {
  return readErrorBody(body).message;
}

/** Reads a whole error body. */
export function readErrorBody(body: Buffer): ErrorBody {
  const text = body.toString('utf8').trim();
  const parsed = parseJson(text);
  if (parsed === undefined || typeof parsed === 'string')
    return { message: plainText(typeof parsed === 'string' ? parsed : text), error: {} };
  return readError(parsed);
}

/** Reads an error that was parsed already: `{error: {…}}`, `{error: "…"}`, `{message}`, `{detail}`, an array of these. */
export function readError(value: unknown): ErrorBody {
  if (Array.isArray(value)) return value.length > 0 ? readError(value[0]) : { message: '', error: {} };
  if (typeof value === 'string') return { message: plainText(value), error: {} };
  if (!isJsonObject(value)) return { message: '', error: {} };
  const inner = value.error ?? (Array.isArray(value.errors) ? value.errors[0] : undefined);
  const relayed = typeof inner === 'string' ? parseJson(inner) : undefined;
  // What stands in front of a server may hand on its whole error body as one string.
  if (isJsonObject(relayed)) return readError(relayed);
  const error = isJsonObject(inner) ? inner : value;
  const message = typeof inner === 'string' ? inner : messageIn(error) || messageIn(value);
  return {
    message: withProvidersOwn(plainText(message || JSON.stringify(value)), error),
    ...codeOf(error.code ?? value.code ?? error.status),
    ...(typeof error.type === 'string' ? { type: error.type } : {}),
    ...waitIn(error),
    ...countsIn(error),
    error,
  };
}

function codeOf(code: unknown): { code?: string | number } {
  return typeof code === 'string' || typeof code === 'number' ? { code } : {};
}

/** Google's RetryInfo among the details, or the headers that a relay hands on from the provider behind it. */
function waitIn(error: JsonObject): { retryAfterSeconds?: number } {
  const headers = isJsonObject(error.metadata) && isJsonObject(error.metadata.headers) ? error.metadata.headers : {};
  const relayed = Object.entries(headers).find(([name]) => name.toLowerCase() === 'retry-after')?.[1];
  const details = Array.isArray(error.details) ? error.details.filter(isJsonObject) : [];
  const delay = relayed ?? details.find((detail) => typeof detail.retryDelay === 'string')?.retryDelay;
  const seconds = delay === undefined ? undefined : durationSeconds(String(delay));
  return seconds === undefined ? {} : { retryAfterSeconds: seconds };
}

/** llama.cpp counts the prompt that it refuses. */
function countsIn({ n_prompt_tokens: prompt, n_ctx: window }: JsonObject): {
  promptTokens?: number;
  contextWindow?: number;
} {
  return {
    ...(typeof prompt === 'number' ? { promptTokens: prompt } : {}),
    ...(typeof window === 'number' ? { contextWindow: window } : {}),
  };
}

function messageIn(object: JsonObject): string {
  for (const value of [object.message, object.detail, object.msg, object.error_message, object.error_description]) {
    const text = detailText(value);
    if (text !== '') return text;
  }
  return '';
}

/** A string, FastAPI's array of `{loc, msg}`, or either of them under `detail`. */
function detailText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (isJsonObject(value)) return messageIn(value);
  if (!Array.isArray(value)) return '';
  return value.map(fieldText).filter(Boolean).join('; ');
}

function fieldText(value: unknown): string {
  if (!isJsonObject(value)) return typeof value === 'string' ? value : '';
  const path = Array.isArray(value.loc) ? value.loc.join('.') : '';
  const message = typeof value.msg === 'string' ? value.msg : messageIn(value);
  return path === '' ? message : `${path}: ${message}`;
}

/** A relay says "Provider returned error" and has the provider's own words in `metadata.raw`. */
function withProvidersOwn(message: string, error: JsonObject): string {
  const raw = isJsonObject(error.metadata) ? error.metadata.raw : undefined;
  const parsed = typeof raw === 'string' ? (parseJson(raw) ?? raw) : raw;
  const own = parsed === undefined || parsed === null ? '' : readError(parsed).message;
  return own === '' || message.includes(own) ? message : `${message}: ${own}`;
}

/** Text cut to a readable length; of an HTML page its title or first words. */
function plainText(text: string): string {
  if (!/^\s*(<!doctype|<html|<head|<body)/i.test(text)) return shortText(text, 2000);
  const title = /<title[^>]*>([\s\S]*?)<\/title>/i.exec(text)?.[1] ?? /<h1[^>]*>([\s\S]*?)<\/h1>/i.exec(text)?.[1];
  const visible = title ?? text.replaceAll(/<(style|script)[\s\S]*?<\/\1>/gi, ' ');
  return shortText(visible.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' '), 200);
}

function shortText(text: string, length: number): string {
  const trimmed = text.trim();
  return trimmed.length <= length ? trimmed : `${trimmed.slice(0, length)}…`;
}
