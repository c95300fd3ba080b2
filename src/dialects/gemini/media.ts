import type { DocumentBlock, ImageBlock, MediaSource } from '../../protocol/messages.ts';
import { inlineData, omittedDocument, omittedImage, sourceOfUrl } from '../shared/media.ts';
import type { TurnInput } from '../shared/stretches.ts';
import { warn } from '../shared/warnings.ts';
import type { MediaPart } from './wire.ts';

/** An image or document as a part, or a text in its place where the model can't be given it. */
export function mediaPart(
  block: ImageBlock | DocumentBlock,
  { quirks, abilities }: TurnInput,
  warnings: string[],
): MediaPart | { text: string } {
  const isImage = block.type === 'image';
  if (isImage && (!quirks.images || abilities.images === false)) {
    warn(warnings, 'images left out: the model takes none');
    return { text: omittedImage };
  }
  if (!isImage && quirks.documents === 'placeholder') {
    warn(warnings, 'documents left out: the upstream takes none');
    return { text: omittedDocument(block) };
  }
  const part = sourcePart(block.source);
  if (typeof part !== 'string') return part;
  warn(warnings, `${block.type} left out: ${part}`);
  return { text: isImage ? `[image omitted: ${part}]` : omittedDocument(block) };
}

/** The bytes or the address as a part, or why there is none. */
function sourcePart(source: MediaSource): MediaPart | string {
  const inline = inlineData(typeof source.url === 'string' ? sourceOfUrl(source.url) : source);
  if (inline) {
    if (inline.mediaType === 'image/gif') return 'Gemini reads no image/gif';
    return { inlineData: { mimeType: inline.mediaType, data: inline.data } };
  }
  const { url } = source;
  if (typeof url !== 'string') return `source of type ${source.type}`;
  if (!isOwnAddress(url)) return `Gemini reads no address of this kind (${url})`;
  const mimeType = typeof source.media_type === 'string' ? source.media_type : mediaTypeOf(url);
  return { fileData: { fileUri: url, ...(mimeType === undefined ? {} : { mimeType }) } };
}

/** True for what Google fetches itself: Cloud Storage, its own file store, videos of YouTube. */
export function isOwnAddress(url: string): boolean {
  return /^gs:\/\/|^https:\/\/generativelanguage\.googleapis\.com\/[^/]+\/files\/|^https:\/\/(www\.)?(youtube\.com\/watch|youtu\.be\/)/i.test(
    url,
  );
}

function mediaTypeOf(url: string): string | undefined {
  return mediaTypes[/\.([a-z0-9]+)(?:[?#]|$)/i.exec(url)?.[1]?.toLowerCase() ?? ''];
}

const mediaTypes: Record<string, string> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  heic: 'image/heic',
  heif: 'image/heif',
  pdf: 'application/pdf',
};
