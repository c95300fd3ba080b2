import { Failure } from '../../call/failure.ts';
import { isJsonObject, type JsonObject, type StopReason } from '../../protocol/messages.ts';
import type { Exchange } from '../dialect.ts';
import type { BlockWriter } from '../shared/block-writer.ts';
import { failureOfError } from './failure.ts';
import { OwnToolWriter } from './own-tool-writer.ts';
import { objectsOf, signatureOn } from './reply-parts.ts';
import { SignatureKeeper } from './signature-keeper.ts';
import type { TextChunk } from './text-template.ts';
import { decodeUsage } from './usage.ts';
import type { GenerateContentReply } from './wire.ts';

/** Reads replies and chunks of replies, which are of one form, into a BlockWriter. */
export class ReplyReader {
  readonly #exchange: Exchange;
  readonly #writer: BlockWriter;
  readonly #signatures: SignatureKeeper;
  readonly #ownTools: OwnToolWriter;
  #usage: JsonObject = {};
  /** The report that was counted last. */
  #counted: JsonObject | undefined;
  #calls = 0;
  /** A call that came whole and is held until more comes: it is run when it is shown, and the stream may yet be cut. */
  #heldCall: string | undefined;
  #recognised = false;

  constructor(exchange: Exchange, writer: BlockWriter) {
    this.#exchange = exchange;
    this.#writer = writer;
    this.#signatures = new SignatureKeeper(exchange, writer);
    this.#ownTools = new OwnToolWriter(exchange, writer);
  }

  /** True once something was read that only this format has. */
  get recognised(): boolean {
    return this.#recognised;
  }

  /** Reads one reply or chunk; returns what it reports as an error. */
  read(reply: GenerateContentReply): Failure | undefined {
    if (reply.error !== undefined && reply.error !== null) return failureOfError(reply, this.#exchange);
    this.#writer.identify(reply.responseId, reply.modelVersion);
    if (isJsonObject(reply.usageMetadata)) this.#countTokens(reply.usageMetadata);
    const [candidate] = objectsOf(reply.candidates);
    if (!candidate) {
      this.#judgePrompt(reply.promptFeedback);
      return undefined;
    }
    this.#recognised = true;
    const content = isJsonObject(candidate.content) ? candidate.content : {};
    for (const part of objectsOf(content.parts)) this.#part(part);
    if (isJsonObject(candidate.groundingMetadata)) this.#ownTools.grounding(candidate.groundingMetadata);
    return this.#finish(candidate);
  }

  /** Reads a chunk that brings nothing else, from a stream of which another chunk was read before. */
  readText({ text, usage }: TextChunk): void {
    if (usage && usage !== this.#counted) this.#countTokens(usage);
    if (text !== '') this.#releaseCall();
    this.#text(text, undefined);
  }

  /** Writes what was held back; nothing more will be read. */
  close(): void {
    this.#releaseCall();
    this.#ownTools.close();
    if (this.#ownTools.searches > 0) this.#countTokens({});
    this.#signatures.close();
  }

  /** Later counts replace earlier ones, and what a later chunk leaves out stays. */
  #countTokens(metadata: JsonObject): void {
    this.#counted = metadata;
    this.#usage = { ...this.#usage, ...metadata };
    const usage = decodeUsage(this.#usage);
    const { searches } = this.#ownTools;
    const own = searches > 0 ? { server_tool_use: { web_search_requests: searches } } : {};
    if (usage) this.#writer.usage({ ...usage, ...own });
  }

  #part(part: JsonObject): void {
    if (part.text !== '') this.#releaseCall();
    const signature = signatureOn(part);
    if (isJsonObject(part.functionCall)) this.#call(part.functionCall, signature);
    else if (typeof part.text === 'string') {
      if (part.thought === true) this.#signatures.thought(part.text, signature);
      else this.#text(part.text, signature);
    } else if (isJsonObject(part.executableCode)) {
      this.#signatures.endText();
      this.#ownTools.code(part.executableCode);
    } else if (isJsonObject(part.codeExecutionResult)) this.#ownTools.codeResult(part.codeExecutionResult);
    else if (isJsonObject(part.inlineData)) this.#text(mediaNote(part.inlineData), undefined);
  }

  #text(text: string, signature: string | undefined): void {
    if (text !== '') this.#ownTools.endCode();
    this.#signatures.text(text, signature);
  }

  /** Calls come whole. */
  #call({ id, name, args }: JsonObject, signature: string | undefined): void {
    const key = String(this.#calls);
    this.#calls += 1;
    this.#ownTools.endCode();
    const hasId = typeof id === 'string' && id !== '';
    const given = this.#signatures.call(signature, hasId) ?? id;
    this.#writer.toolStart(key, {
      ...(typeof given === 'string' ? { id: given } : {}),
      ...(typeof name === 'string' ? { name: this.#knownName(name) } : {}),
    });
    this.#writer.toolArguments(key, JSON.stringify(isJsonObject(args) ? args : {}));
    this.#heldCall = key;
  }

  #releaseCall(): void {
    if (this.#heldCall !== undefined) this.#writer.toolEnd(this.#heldCall);
    this.#heldCall = undefined;
  }

  /** Models put the name of the place that they imagine a function in before it. */
  #knownName(name: string): string {
    const { toolSchemas, toolNames } = this.#exchange;
    const bare = name.replace(/^default_api[.:]/, '');
    return toolSchemas.has(bare) || toolNames.has(bare) ? bare : name;
  }

  /** A prompt that was blocked is answered by a refusal. */
  #judgePrompt(feedback: unknown): void {
    if (!isJsonObject(feedback) || typeof feedback.blockReason !== 'string') return;
    this.#recognised = true;
    this.#refuse(feedback.blockReason, feedback.blockReasonMessage);
  }

  #finish({ finishReason: reason, finishMessage }: JsonObject): Failure | undefined {
    if (typeof reason !== 'string' || reason === '') return undefined;
    const known = stopReasons[reason];
    if (known) this.#writer.finish(known);
    else if (isRefusal(reason)) this.#refuse(reason, finishMessage);
    else if (failedCalls.has(reason) || !this.#writer.hasOutput) return this.#failed(reason, finishMessage);
    else this.#writer.finish('end_turn');
    return undefined;
  }

  #refuse(reason: string, message: unknown): void {
    const explanation = typeof message === 'string' && message !== '' ? `${reason}: ${message}` : reason;
    this.#writer.finish('refusal');
    this.#writer.closingFields({ stop_details: { type: 'refusal', category: null, explanation } });
  }

  #failed(reason: string, message: unknown): Failure {
    const { provider } = this.#exchange;
    const words = typeof message === 'string' && message !== '' ? `: ${message}` : '';
    return new Failure('upstream-garbled', `${provider}: the answer ended with ${reason}${words}`, { provider });
  }
}

/** True for a failure of an answer that ended in a call nobody can run: the model may do better when it is asked again. */
export function isFailedCall({ kind, message }: Failure): boolean {
  const reason = /: the answer ended with ([A-Z_]+)/.exec(message)?.[1];
  return kind === 'upstream-garbled' && reason !== undefined && failedCalls.has(reason);
}

const stopReasons: Record<string, StopReason> = {
  STOP: 'end_turn',
  MAX_TOKENS: 'max_tokens',
  CONTINUATION: 'max_tokens',
};

/** The answer was withheld. */
function isRefusal(reason: string): boolean {
  return refusals.has(reason) || (reason.startsWith('IMAGE_') && reason !== 'IMAGE_OTHER');
}

const refusals = new Set(['SAFETY', 'RECITATION', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'SPII', 'MODEL_ARMOR']);

const failedCalls = new Set([
  ...['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'MALFORMED_RESPONSE', 'TOO_MANY_TOOL_CALLS'],
  'MISSING_THOUGHT_SIGNATURE',
]);

function mediaNote({ mimeType }: JsonObject): string {
  const kind = String(mimeType ?? 'data');
  return kind.startsWith('image/') ? '[image]' : `[${kind}]`;
}
