import type { DocumentBlock, ImageBlock, MediaSource } from '../../protocol/messages.ts';

/** What stands in place of an image where the model sees none. */
export const omittedImage = '[image omitted: model has no vision]';

/** What stands in place of a document that the upstream does not take. */
export function omittedDocument({ source, title }: DocumentBlock): string {
  if (source.type === 'url') return `[document: ${String(source.url)}]`;
  return `[document omitted: ${typeof title === 'string' && title !== '' ? title : String(source.media_type ?? 'unknown kind')}]`;
}

/** The bytes of a base64 source with their media type; undefined for any other source. */
export function inlineData(source: MediaSource): { mediaType: string; data: string } | undefined {
  if (source.type !== 'base64' || typeof source.data !== 'string') return undefined;
  return {
    mediaType: typeof source.media_type === 'string' ? source.media_type : 'application/octet-stream',
    data: source.data,
  };
}

/** The source as one address: a `data:` URL for bytes in place, else the URL it has; undefined where it has neither. */
export function mediaUrl({ source }: ImageBlock | DocumentBlock): string | undefined {
  const inline = inlineData(source);
  if (inline) return `data:${inline.mediaType};base64,${inline.data}`;
  return source.type === 'url' && typeof source.url === 'string' ? source.url : undefined;
}

/** A URL as a source: bytes for a base64 `data:` URL, else the address. */
export function sourceOfUrl(url: string): MediaSource {
  const match = /^data:([^;,]*)(?:;[^;,]*)*;base64,([\s\S]*)$/.exec(url);
  if (!match) return { type: 'url', url };
  return { type: 'base64', media_type: match[1] || 'application/octet-stream', data: match[2]! };
}

/** A file name for a document that needs one. */
export function documentName({ title }: DocumentBlock): string {
  const name = typeof title === 'string' && title !== '' ? title : 'document';
  return /\.pdf$/i.test(name) ? name : `${name}.pdf`;
}
