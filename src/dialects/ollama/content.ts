import type { DocumentBlock, ImageBlock } from '../../protocol/messages.ts';
import type { UserBlock } from '../shared/conversation.ts';
import { inlineData, omittedDocument, omittedImage, sourceOfUrl } from '../shared/media.ts';
import type { TurnInput } from '../shared/stretches.ts';
import { warn } from '../shared/warnings.ts';

/** What a message holds: its text, and its images as bare base64. */
export interface OllamaContent {
  texts: string[];
  images: string[];
}

/** Texts and images apart; what can't be sent leaves a text in its place. */
export function contentOf(blocks: readonly UserBlock[], input: TurnInput, warnings: string[]): OllamaContent {
  const content: OllamaContent = { texts: [], images: [] };
  for (const block of blocks) {
    if (block.type === 'text') content.texts.push(block.text);
    else if (block.type === 'document') content.texts.push(documentText(block, warnings));
    else addImage(block, content, input, warnings);
  }
  return content;
}

function documentText(block: DocumentBlock, warnings: string[]): string {
  warn(warnings, 'documents left out: the upstream takes none');
  return omittedDocument(block);
}

function addImage(
  { source }: ImageBlock,
  content: OllamaContent,
  { quirks, abilities }: TurnInput,
  warnings: string[],
): void {
  const url = source.type === 'url' ? String(source.url) : undefined;
  const data = inlineData(url === undefined ? source : sourceOfUrl(url))?.data;
  if (!quirks.images || abilities.images === false) {
    warn(warnings, 'images left out: the model takes none');
    content.texts.push(omittedImage);
  } else if (data === undefined) {
    warn(warnings, 'images at an address left out: the upstream takes only inline ones');
    content.texts.push(`[image: ${url ?? 'unknown kind'}]`);
  } else content.images.push(data);
}
