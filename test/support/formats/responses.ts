import {
  argumentsOf,
  type Format,
  type Frame,
  newId,
  piecesOf,
  type ReplyBlock,
  type ScriptedReply,
  stopOf,
  usageOf,
} from './format.ts';
import { readResponsesRequest } from './responses-request.ts';

/** OpenAI Responses. Thinking travels as a reasoning item with a summary and something encrypted. */
export const responses: Format = {
  name: 'responses',
  matches(path) {
    if (/\/responses$/.test(path)) return 'call';
    return /\/responses\/input_tokens$/.test(path) ? 'count' : undefined;
  },
  credential: (headers) => /^Bearer (.+)$/.exec(String(headers.authorization ?? ''))?.[1],
  read: readResponsesRequest,
  streamType: 'text/event-stream',
  frames(reply, asked) {
    const events = new Events();
    const items = (reply.blocks ?? []).map((block) => itemOf(block, reply));
    const response = responseOf(reply, asked.model, items);
    const begun = { ...response, status: 'in_progress', output: [], usage: null, incomplete_details: null };
    events.add('response.created', { response: begun });
    events.add('response.in_progress', { response: begun });
    (reply.blocks ?? []).forEach((block, index) => {
      const place = { item_id: items[index]!.id, output_index: index };
      events.add('response.output_item.added', { output_index: index, item: emptied(items[index]!) });
      if (block.type === 'text') addText(events, block, place, stopOf(reply) === 'refusal');
      else if (block.type === 'thinking') addThinking(events, block, place);
      else addArguments(events, block, place);
      events.add('response.output_item.done', { output_index: index, item: items[index] });
    });
    events.add(`response.${response.status}`, { response });
    return events.frames;
  },
  whole: (reply, asked) =>
    responseOf(
      reply,
      asked.model,
      (reply.blocks ?? []).map((block) => itemOf(block, reply)),
    ),
  errorBody(status, type, message) {
    const code = status === 429 ? 'rate_limit_exceeded' : status === 401 ? 'invalid_api_key' : null;
    return {
      error: { message, type: type ?? (status < 500 ? 'invalid_request_error' : 'server_error'), param: null, code },
    };
  },
  countBody: (tokens) => ({ object: 'response.input_tokens', input_tokens: tokens }),
};

type Item = Record<string, unknown> & { id: string };

interface Place {
  item_id: string;
  output_index: number;
}

/** Numbers the events as they are made. */
class Events {
  readonly frames: Frame[] = [];

  add(type: string, fields: object, output = false): void {
    const event = { type, sequence_number: this.frames.length, ...fields };
    this.frames.push({ text: `event: ${type}\ndata: ${JSON.stringify(event)}\n\n`, output });
  }
}

function addText(events: Events, block: Extract<ReplyBlock, { type: 'text' }>, place: Place, refused: boolean): void {
  const at = { ...place, content_index: 0 };
  const name = refused ? 'response.refusal' : 'response.output_text';
  events.add('response.content_part.added', { ...at, part: textPart('', refused) });
  for (const delta of piecesOf(block)) events.add(`${name}.delta`, { ...at, delta }, true);
  events.add(`${name}.done`, { ...at, [refused ? 'refusal' : 'text']: block.text });
  events.add('response.content_part.done', { ...at, part: textPart(block.text, refused) });
}

function addThinking(events: Events, block: Extract<ReplyBlock, { type: 'thinking' }>, place: Place): void {
  const at = { ...place, summary_index: 0 };
  events.add('response.reasoning_summary_part.added', { ...at, part: { type: 'summary_text', text: '' } });
  for (const delta of piecesOf(block)) events.add('response.reasoning_summary_text.delta', { ...at, delta }, true);
  events.add('response.reasoning_summary_text.done', { ...at, text: block.thinking });
  events.add('response.reasoning_summary_part.done', { ...at, part: { type: 'summary_text', text: block.thinking } });
}

function addArguments(events: Events, block: Extract<ReplyBlock, { type: 'tool' }>, place: Place): void {
  for (const delta of piecesOf(block)) events.add('response.function_call_arguments.delta', { ...place, delta }, true);
  events.add('response.function_call_arguments.done', { ...place, arguments: argumentsOf(block) });
}

function itemOf(block: ReplyBlock, reply: ScriptedReply): Item {
  switch (block.type) {
    case 'text': {
      const content = [textPart(block.text, stopOf(reply) === 'refusal')];
      return { id: newId('msg_'), type: 'message', role: 'assistant', status: 'completed', content };
    }
    case 'thinking': {
      const summary = block.thinking === '' ? [] : [{ type: 'summary_text', text: block.thinking }];
      return { id: newId('rs_'), type: 'reasoning', summary, encrypted_content: newId('gAAA') };
    }
    case 'tool': {
      const call = { call_id: block.id ?? newId('call_'), name: block.name, arguments: argumentsOf(block) };
      return { id: newId('fc_'), type: 'function_call', status: 'completed', ...call };
    }
  }
}

/** The item as it is announced. */
function emptied(item: Item): Item {
  if (item.type === 'reasoning') return { id: item.id, type: 'reasoning', summary: [] };
  return { ...item, status: 'in_progress', ...(item.type === 'message' ? { content: [] } : { arguments: '' }) };
}

function textPart(text: string, refused: boolean) {
  return refused ? { type: 'refusal', refusal: text } : { type: 'output_text', text, annotations: [] };
}

function responseOf(reply: ScriptedReply, model: string, output: Item[]) {
  const reason = incompleteReasons[stopOf(reply)];
  const { input, cached, output: written, reasoning } = usageOf(reply);
  return {
    id: newId('resp_'),
    object: 'response',
    created_at: 1_790_000_000,
    model,
    status: reason === undefined ? 'completed' : 'incomplete',
    error: null,
    incomplete_details: reason === undefined ? null : { reason },
    output,
    usage: {
      input_tokens: input,
      input_tokens_details: { cached_tokens: cached, cache_write_tokens: 0 },
      output_tokens: written,
      output_tokens_details: { reasoning_tokens: reasoning },
      total_tokens: input + written,
    },
  };
}

const incompleteReasons: Partial<Record<string, string>> = { max_tokens: 'max_output_tokens' };
