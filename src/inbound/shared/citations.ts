import { type ContentBlock, isJsonObject, type JsonObject } from '../../protocol/messages.ts';

/** An address that an answer cites, and the part of the text that does. */
export interface UrlCitation {
  url: string;
  title: string;
  start_index: number;
  end_index: number;
}

/** The addresses that one text cites; `start` is where the text begins in the whole answer. */
export function urlCitations(citations: unknown, start: number, length: number): UrlCitation[] {
  if (!Array.isArray(citations)) return [];
  return citations.filter(isJsonObject).flatMap(({ url, title }) => {
    if (typeof url !== 'string') return [];
    const named = typeof title === 'string' ? title : url;
    return [{ url, title: named, start_index: start, end_index: start + length }];
  });
}

/** `annotations` of a chat message. */
export function citationsOf(content: readonly ContentBlock[]): JsonObject[] {
  let start = 0;
  return content.flatMap((block) => {
    if (block.type !== 'text') return [];
    const { length } = String(block.text);
    const found = urlCitations(block.citations, start, length);
    start += length;
    return found.map(chatAnnotation);
  });
}

export function chatAnnotation(citation: UrlCitation): JsonObject {
  return { type: 'url_citation', url_citation: citation };
}
