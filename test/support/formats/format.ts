/** A wire format of the scripted upstream: reads requests as a strict provider would, and writes replies. */
export interface Format {
  readonly name: FormatName;
  /** What the replies to calls of this path are; undefined where the path is not this format's. */
  matches(path: string): 'call' | 'count' | undefined;
  /** The credential that came with a request. */
  credential(headers: Readonly<Record<string, string | string[] | undefined>>): string | undefined;
  read(body: Record<string, unknown>, path: string): Asked;
  streamType: string;
  frames(reply: ScriptedReply, asked: Asked): Frame[];
  whole(reply: ScriptedReply, asked: Asked): unknown;
  errorBody(status: number, type: string | undefined, message: string): unknown;
  countBody(tokens: number): unknown;
}

export type FormatName = 'anthropic' | 'openai' | 'ollama' | 'responses' | 'gemini';

/** What an upstream was asked, whatever the format. */
export interface Asked {
  model: string;
  stream: boolean;
  system: string;
  messages: AskedMessage[];
  tools: AskedTool[];
  maxTokens: number | undefined;
  effort: string | undefined;
  stopSequences: string[];
  /** True where the reply may tell its usage at the end of a stream. */
  wantsUsage: boolean;
  /** What a strict provider refuses the request for. */
  violations: string[];
}

export interface AskedMessage {
  role: string;
  text: string;
  thinking: string;
  images: number;
  calls: { id: string; name: string; input: unknown }[];
  results: { id: string; text: string; images: number }[];
}

export interface AskedTool {
  name: string;
  schema: Record<string, unknown>;
}

export type ReplyBlock =
  | { type: 'text'; text: string; pieces?: string[] }
  | { type: 'thinking'; thinking: string; pieces?: string[] }
  /** `raw` and `pieces` say how the arguments are written, where that matters. */
  | { type: 'tool'; name: string; input: unknown; id?: string; raw?: string; pieces?: string[] };

export interface ScriptedUsage {
  /** The whole prompt, what was cached included. */
  input: number;
  cached: number;
  output: number;
  reasoning: number;
}

/** What the upstream does with one request. Points in a stream are counted in pieces of output. */
export interface ScriptedReply {
  blocks?: ReplyBlock[];
  stop?: 'end' | 'tool' | 'max_tokens' | 'stop_sequence' | 'refusal';
  stopSequence?: string;
  usage?: Partial<ScriptedUsage>;
  /** An error reply instead. */
  status?: number;
  errorType?: string;
  message?: string;
  headers?: Record<string, string>;
  /** Sent as it is, in place of the format's own body. */
  body?: string;
  /** Nothing is answered before this is settled. */
  before?: Promise<unknown>;
  /** Milliseconds between two frames. */
  paceMs?: number;
  /** Everything is written in pieces of so many bytes. */
  byteSplit?: number;
  /** After so many pieces, nothing more until this is settled. */
  hold?: { after: number; until: Promise<unknown> };
  /** After so many pieces: a reset, a closed socket, or an orderly end of the body that lacks the end of the answer. */
  die?: { after: number; how: 'reset' | 'close' | 'end' };
}

export interface Frame {
  text: string;
  /** True for a piece of text, thinking or arguments. */
  output: boolean;
}

export function emptyMessage(role: string): AskedMessage {
  return { role, text: '', thinking: '', images: 0, calls: [], results: [] };
}

/** All that was said, as one text. */
export function textOf(asked: Asked): string {
  const said = asked.messages.flatMap((message) => [message.text, ...message.results.map((result) => result.text)]);
  return [asked.system, ...said].join('\n');
}

/** The text in pieces of `length` characters; no character is cut. */
export function pieces(text: string, length: number): string[] {
  const characters = Array.from(text);
  const parts: string[] = [];
  for (let start = 0; start < characters.length; start += length) {
    parts.push(characters.slice(start, start + length).join(''));
  }
  return parts;
}

export function piecesOf(block: ReplyBlock): string[] {
  if (block.pieces) return block.pieces;
  if (block.type === 'tool') return pieces(argumentsOf(block), 12);
  const text = block.type === 'text' ? block.text : block.thinking;
  return pieces(text, text.length > 400 ? 40 : 8);
}

export function argumentsOf(block: Extract<ReplyBlock, { type: 'tool' }>): string {
  return block.raw ?? JSON.stringify(block.input);
}

export function usageOf(reply: ScriptedReply): ScriptedUsage {
  return { input: 100, cached: 0, output: 10, reasoning: 0, ...reply.usage };
}

export function stopOf(reply: ScriptedReply): NonNullable<ScriptedReply['stop']> {
  return reply.stop ?? (reply.blocks?.some((block) => block.type === 'tool') ? 'tool' : 'end');
}

let made = 0;

/** An id as providers make them; never the same twice. */
export function newId(prefix: string): string {
  made += 1;
  return `${prefix}${process.pid.toString(36)}${made.toString(36).padStart(6, '0')}`;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects of a value that should be an array of them. */
export function objectsOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export const legalToolName = /^[a-zA-Z0-9_-]{1,64}$/;
