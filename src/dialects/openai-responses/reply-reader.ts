import { Failure } from '../../call/failure.ts';
import { isJsonObject, type JsonObject, type StopReason } from '../../protocol/messages.ts';
import type { Exchange } from '../dialect.ts';
import type { BlockWriter } from '../shared/block-writer.ts';
import { decodeServiceTier } from '../shared/service-tier.ts';
import { failureOfError } from './failure.ts';
import { OutputItems } from './output-items.ts';
import { Turn } from './turn.ts';
import { decodeUsage } from './usage.ts';
import type { ResponseObject } from './wire.ts';

/** Reads whole responses, and the events of streamed ones, into a BlockWriter. */
export class ReplyReader {
  readonly #exchange: Exchange;
  readonly #writer: BlockWriter;
  readonly #turn: Turn;
  readonly #items: OutputItems;
  #reported: Failure | undefined;
  #isOver = false;

  constructor(exchange: Exchange, writer: BlockWriter) {
    this.#exchange = exchange;
    this.#writer = writer;
    this.#turn = new Turn(exchange, writer);
    this.#items = new OutputItems(this.#turn);
  }

  /** An error that was reported, but whose better words may still follow. */
  get reported(): Failure | undefined {
    return this.#reported;
  }

  /** True once the response said how it ended. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Reads one event; returns what it reports as the end of all. */
  event(event: JsonObject): Failure | undefined {
    const response = isJsonObject(event.response) ? event.response : {};
    if (this.#reported && event.type !== 'response.failed') return this.#reported;
    switch (event.type) {
      case 'response.created':
      case 'response.in_progress':
      case 'response.queued':
        this.#writer.identify(response.id, response.model);
        return undefined;
      case 'response.output_item.added':
        this.#items.added(event);
        return undefined;
      case 'response.output_item.done':
        this.#items.done(event);
        return undefined;
      case 'response.completed':
        return this.#response({ ...response, status: endStatus(response.status, 'completed') });
      case 'response.incomplete':
        return this.#response({ ...response, status: endStatus(response.status, 'incomplete') });
      case 'response.failed':
      case 'response.cancelled':
        return this.#failed(response);
      case 'error':
        this.#reported = failureOfError(event, this.#exchange);
        return undefined;
    }
    if (event.type === undefined) return this.whole(event);
    this.#items.read(event);
    return undefined;
  }

  /** Reads what is no event: a whole response, or an error. */
  whole(value: JsonObject): Failure | undefined {
    if (value.object === 'response' || Array.isArray(value.output)) return this.#response(value);
    const isError = value.error !== undefined || value.detail !== undefined || typeof value.message === 'string';
    return isError ? failureOfError(value, this.#exchange) : undefined;
  }

  /** Reads a response that is over: what its events have not told, its usage and its finish. */
  #response(response: ResponseObject): Failure | undefined {
    const { status } = response;
    if (isJsonObject(response.error) || status === 'failed' || status === 'cancelled') return this.#failed(response);
    if (status === 'in_progress' || status === 'queued') return this.#unfinished(status);
    this.#writer.identify(response.id, response.model);
    this.#items.complete(response.output, status === 'incomplete');
    this.#usage(response.usage, response.service_tier);
    this.#isOver = true;
    this.#writer.finish(status === 'incomplete' ? reasonOf(response.incomplete_details) : 'end_turn');
    return undefined;
  }

  #usage(reported: unknown, tier: unknown): void {
    const usage = decodeUsage(reported);
    if (!usage) return;
    const { searches } = this.#turn;
    const byServer = { server_tool_use: { web_search_requests: searches, web_fetch_requests: 0 } };
    this.#writer.usage({ ...usage, ...decodeServiceTier(tier), ...(searches > 0 ? byServer : {}) });
  }

  #failed({ error, status }: ResponseObject): Failure {
    if (isJsonObject(error)) return failureOfError({ error }, this.#exchange);
    return this.#reported ?? failureOfError({ message: `the response ${String(status ?? 'failed')}` }, this.#exchange);
  }

  #unfinished(status: string): Failure {
    const { provider } = this.#exchange;
    return new Failure('upstream-garbled', `${provider} answered with a response that is not over (${status})`, {
      provider,
    });
  }
}

/** The event says that the response is over; its status says how, where it knows. */
function endStatus(status: unknown, byEvent: string): unknown {
  return ['completed', 'incomplete', 'failed', 'cancelled'].includes(String(status)) ? status : byEvent;
}

function reasonOf(details: unknown): StopReason {
  const reason = isJsonObject(details) ? details.reason : undefined;
  return stopReasons[String(reason)] ?? 'end_turn';
}

const stopReasons: Record<string, StopReason> = {
  max_output_tokens: 'max_tokens',
  max_tokens: 'max_tokens',
  length: 'max_tokens',
  content_filter: 'refusal',
};
