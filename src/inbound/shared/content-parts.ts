import { Failure } from '../../call/failure.ts';
import { sourceOfUrl } from '../../dialects/shared/media.ts';
import {
  type ContentBlock,
  type DocumentBlock,
  isJsonObject,
  type JsonObject,
  type MediaSource,
  type TextBlock,
} from '../../protocol/messages.ts';

/**
 * The blocks of a content in OpenAI's form: a string, or parts of either API (`text`, `input_text`, `output_text`,
 * `refusal`, `image_url`, `input_image`, `file`, `input_file`). Empty texts are left out. Throws Failure
 * `malformed-request`, and `not-expressible` for audio and for files that only OpenAI holds.
 */
export function readContent(content: unknown, path: string): ContentBlock[] {
  if (content === null || content === undefined || content === '') return [];
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (!Array.isArray(content)) throw new Failure('malformed-request', `${path}: a string or an array is required`);
  return content.flatMap((part, index) => {
    if (typeof part === 'string') return textBlocks(part);
    if (!isJsonObject(part)) throw new Failure('malformed-request', `${path}.${index}: an object is required`);
    return readPart(part, `${path}.${index}`).map((block) => marked(block, part));
  });
}

function readPart(part: JsonObject, path: string): ContentBlock[] {
  switch (part.type) {
    case 'text':
    case 'input_text':
    case 'output_text':
    case 'summary_text':
    case 'reasoning_text':
      return textBlocks(part.text);
    case 'refusal':
      return textBlocks(part.refusal);
    case 'image_url':
    case 'input_image':
      return [{ type: 'image', source: imageSource(part, path) }];
    case 'file':
      return [readFile(isJsonObject(part.file) ? part.file : {}, path)];
    case 'input_file':
      return [readFile(part, path)];
    case 'input_audio':
      throw new Failure('not-expressible', `${path}: input_audio: no model of this router hears; send a transcript`);
  }
  throw new Failure('malformed-request', `${path}: parts of type ${JSON.stringify(part.type)} are not known`);
}

function textBlocks(text: unknown): TextBlock[] {
  return typeof text === 'string' && text !== '' ? [{ type: 'text', text }] : [];
}

/** A client may set its own cache marks, as OpenRouter's clients do. */
function marked(block: ContentBlock, { cache_control: mark }: JsonObject): ContentBlock {
  return isJsonObject(mark) ? { ...block, cache_control: mark } : block;
}

function imageSource(part: JsonObject, path: string): MediaSource {
  const image = part.image_url;
  const url = isJsonObject(image) ? image.url : image;
  if (typeof url === 'string' && url !== '') return sourceOfUrl(url);
  if (part.file_id) throw heldElsewhere(path, 'image');
  throw new Failure('malformed-request', `${path}: image_url: a URL is required`);
}

function readFile(file: JsonObject, path: string): DocumentBlock {
  const { file_data: data, file_url: url, filename } = file;
  const title = typeof filename === 'string' && filename !== '' ? { title: filename } : {};
  if (typeof data === 'string' && data !== '') return { type: 'document', source: fileSource(data), ...title };
  if (typeof url === 'string' && url !== '') return { type: 'document', source: { type: 'url', url }, ...title };
  if (file.file_id) throw heldElsewhere(path, 'file');
  throw new Failure('malformed-request', `${path}: file_data is required`);
}

/** The data may be a URL, or base64 by itself. Texts are sent as texts. */
function fileSource(data: string): MediaSource {
  const source = data.startsWith('data:') ? sourceOfUrl(data) : { type: 'base64' as const, data };
  const mediaType = String(source.media_type ?? 'application/pdf');
  if (!mediaType.startsWith('text/')) return { ...source, media_type: mediaType };
  return { type: 'text', media_type: 'text/plain', data: Buffer.from(String(source.data), 'base64').toString('utf8') };
}

function heldElsewhere(path: string, what: string): Failure {
  return new Failure(
    'not-expressible',
    `${path}: the ${what} is in OpenAI's file store (file_id), which this router can't read; send its data or a URL`,
  );
}
