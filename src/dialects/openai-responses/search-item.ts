import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';
import type { OutputItem } from './output-item.ts';
import { objectsOf } from './reasoning-state.ts';
import type { Turn } from './turn.ts';

/** A web search that the service made itself: a call and its result. Pages it opened on the way are not told. */
export class SearchItem implements OutputItem {
  readonly kind = 'web_search_call';
  readonly implicit = false;
  readonly known: JsonObject;
  readonly #turn: Turn;
  readonly #id: string;

  constructor(turn: Turn, known: JsonObject, key: string) {
    this.#turn = turn;
    this.known = known;
    this.#id = key;
  }

  read(): void {}

  finish(whole: JsonObject | undefined): void {
    const said = { ...this.known, ...whole };
    const action = isJsonObject(said.action) ? said.action : {};
    this.#turn.enter(this.kind);
    if (action.type !== undefined && action.type !== 'search') return;
    const { writer, exchange } = this.#turn;
    const id = `srvtoolu_${(typeof said.id === 'string' ? said.id : `${exchange.callId}_${this.#id}`).replaceAll(/[^a-zA-Z0-9_]/g, '_')}`;
    const queries = Array.isArray(action.queries) ? action.queries.filter((query) => typeof query === 'string') : [];
    const query = typeof action.query === 'string' && action.query !== '' ? action.query : queries.join('\n');
    writer.serverToolUse(id, 'web_search', { query });
    writer.wholeBlock({ type: 'web_search_tool_result', tool_use_id: id, content: resultOf(said.status, action) });
    this.#turn.countSearch();
  }
}

function resultOf(status: unknown, action: JsonObject): unknown {
  if (status === 'failed') return { type: 'web_search_tool_result_error', error_code: 'unavailable' };
  return objectsOf(action.sources)
    .filter((source) => typeof source.url === 'string')
    .map(({ url, title }) => ({
      type: 'web_search_result',
      url,
      title: typeof title === 'string' ? title : url,
      encrypted_content: '',
      page_age: null,
    }));
}
