import { countPromptTokens } from '../../gateway/count-tokens.ts';
import { messagesFormat } from '../../inbound/messages/index.ts';
import type { Exchange } from '../route-table.ts';
import { sendJson } from '../send-reply.ts';
import { callOf } from './model-call.ts';

/** `POST /v1/messages/count_tokens`: `{input_tokens}`, from the upstream where it counts, else an estimate. */
export async function countTokens(exchange: Exchange): Promise<void> {
  const { call } = await callOf(exchange, messagesFormat);
  sendJson(exchange.response, exchange.id, 200, await countPromptTokens(exchange.service.gateway, call));
}
