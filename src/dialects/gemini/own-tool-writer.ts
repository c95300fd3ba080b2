import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';
import type { Exchange } from '../dialect.ts';
import type { BlockWriter } from '../shared/block-writer.ts';
import { shortHash } from '../shared/identifiers.ts';
import { objectsOf } from './reply-parts.ts';

/** Tells what Google's own tools did: code that ran, searches, and what the answer is taken from. */
export class OwnToolWriter {
  readonly #exchange: Exchange;
  readonly #writer: BlockWriter;
  #ids = 0;
  /** The code whose result has not come. */
  #running: string | undefined;
  #grounding: JsonObject = {};

  constructor(exchange: Exchange, writer: BlockWriter) {
    this.#exchange = exchange;
    this.#writer = writer;
  }

  code({ code }: JsonObject): void {
    this.endCode();
    this.#running = this.#newId();
    this.#writer.serverToolUse(this.#running, 'code_execution', { code: typeof code === 'string' ? code : '' });
  }

  codeResult({ outcome, output }: JsonObject): void {
    if (this.#running === undefined) return;
    const printed = typeof output === 'string' ? output : '';
    const succeeded = outcome === 'OUTCOME_OK';
    this.endCode({
      type: 'code_execution_result',
      stdout: succeeded ? printed : '',
      stderr: succeeded ? '' : printed,
      return_code: succeeded ? 0 : 1,
      content: [],
    });
  }

  /** Code without a result has one that says so: no client is left with half a pair. */
  endCode(content: JsonObject = { type: 'code_execution_tool_result_error', error_code: 'unavailable' }): void {
    if (this.#running === undefined) return;
    this.#writer.wholeBlock({ type: 'code_execution_tool_result', tool_use_id: this.#running, content });
    this.#running = undefined;
  }

  /** What the answer rests on; a later report completes an earlier one. */
  grounding(metadata: JsonObject): void {
    this.#grounding = { ...this.#grounding, ...metadata };
  }

  /** How many searches Google made. */
  get searches(): number {
    return this.#queries.length;
  }

  /** Cites in the text written last, and shows the searches behind it. */
  close(): void {
    this.endCode();
    const sources = objectsOf(this.#grounding.groundingChunks).map(sourceOf);
    const cited = new Set<string>();
    for (const support of objectsOf(this.#grounding.groundingSupports)) this.#cite(support, sources, cited);
    this.#showSearch(sources.filter((source) => source !== undefined));
  }

  #cite(support: JsonObject, sources: readonly (Source | undefined)[], cited: Set<string>): void {
    const text = isJsonObject(support.segment) ? support.segment.text : undefined;
    const indices = Array.isArray(support.groundingChunkIndices) ? support.groundingChunkIndices : [];
    for (const index of indices) {
      const source = sources[Number(index)];
      const citedText = typeof text === 'string' ? text : '';
      const key = JSON.stringify([source, citedText]);
      if (!source || cited.has(key)) continue;
      cited.add(key);
      const citation = { type: 'web_search_result_location', ...source, encrypted_index: '', cited_text: citedText };
      this.#writer.citation(citation);
    }
  }

  #showSearch(sources: readonly Source[]): void {
    if (this.#queries.length === 0) return;
    const id = this.#newId();
    this.#writer.serverToolUse(id, 'web_search', { query: this.#queries.join('; ') });
    const results = sources.map((source) => ({
      ...{ type: 'web_search_result', ...source, encrypted_content: '', page_age: null },
    }));
    this.#writer.wholeBlock({ type: 'web_search_tool_result', tool_use_id: id, content: results });
  }

  get #queries(): string[] {
    const { webSearchQueries: queries } = this.#grounding;
    return Array.isArray(queries) ? queries.filter((query) => typeof query === 'string' && query !== '') : [];
  }

  #newId(): string {
    this.#ids += 1;
    return `srvtoolu_${shortHash(`${this.#exchange.callId}:${this.#ids}`)}${this.#ids}`;
  }
}

interface Source {
  url: string;
  title: string | null;
}

/** A page; undefined for what has no address. */
function sourceOf(chunk: JsonObject): Source | undefined {
  const place = [chunk.web, chunk.retrievedContext, chunk.maps].find(isJsonObject);
  const { uri, title } = place ?? {};
  if (typeof uri !== 'string' || uri === '') return undefined;
  return { url: uri, title: typeof title === 'string' ? title : null };
}
