import {
  blocksOf,
  type ContentBlock,
  type DocumentBlock,
  type ImageBlock,
  isJsonObject,
  type JsonObject,
  type TextBlock,
} from '../../protocol/messages.ts';

/** A document as text where it is text; a PDF, or a document at an address, stays a document. */
export function documentBlocks(document: DocumentBlock): (TextBlock | ImageBlock | DocumentBlock)[] {
  const { source } = document;
  if (source.type === 'text') return [documentText(document, String(source.data ?? ''))];
  if (source.type === 'base64' && String(source.media_type).startsWith('text/')) {
    return [documentText(document, Buffer.from(String(source.data ?? ''), 'base64').toString('utf8'))];
  }
  if (source.type !== 'content') return [document];
  const blocks = blocksOf(source.content);
  const images = blocks.filter((block): block is ImageBlock => block.type === 'image');
  const texts = blocks.filter((block) => block.type === 'text').map((block) => String(block.text ?? ''));
  return [documentText(document, texts.join('\n')), ...images];
}

/** A search result as a tagged text. */
export function searchResultText(block: ContentBlock): string {
  const texts = blocksOf(block.content).map((part) => String(part.text ?? ''));
  return tagged('search_result', { source: block.source, title: block.title }, texts.join('\n'));
}

/** A block inside a tool's result that is neither image nor document, as text. */
export function resultText(block: ContentBlock): string {
  if (block.type === 'text') return String(block.text ?? '');
  if (block.type === 'tool_reference') return `Tool ${String(block.tool_name)} is now available`;
  if (block.type === 'search_result') return searchResultText(block);
  return plainJson(block);
}

/**
 * A tool that Anthropic's servers ran, with its result among `siblings`, as one text; '' for a result that was told with
 * its call; undefined for a block that is nothing of the kind. Encrypted parts are left out.
 */
export function serverToolText(block: ContentBlock, siblings: readonly ContentBlock[]): string | undefined {
  if (block.type === 'server_tool_use' || block.type === 'mcp_tool_use') {
    const result = siblings.find((other) => isResult(other) && other.tool_use_id === block.id);
    return `[${String(block.name)}: ${inputText(block.input)}]\n${result ? toolResultText(result) : ''}`;
  }
  if (block.type === 'mcp_tool_listing') return '';
  if (!isResult(block)) return undefined;
  const told = siblings.some((other) => other.type.endsWith('_tool_use') && other.id === block.tool_use_id);
  return told ? '' : `[${block.type}]\n${toolResultText(block)}`;
}

function documentText({ title, context }: DocumentBlock, text: string): TextBlock {
  const body = typeof context === 'string' && context !== '' ? `${context}\n${text}` : text;
  return { type: 'text', text: tagged('document', { title }, body) };
}

function tagged(name: string, attributes: Record<string, unknown>, body: string): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => typeof value === 'string' && value !== '')
    .map(([key, value]) => ` ${key}="${String(value).replaceAll('"', "'")}"`);
  return `<${name}${written.join('')}>\n${body}\n</${name}>`;
}

function isResult(block: ContentBlock): boolean {
  return block.type.endsWith('_tool_result') && typeof block.tool_use_id === 'string';
}

/** A search's query, a fetch's address; else the whole input. */
function inputText(input: unknown): string {
  if (!isJsonObject(input)) return '';
  const values = Object.values(input);
  return values.length === 1 && typeof values[0] === 'string' ? JSON.stringify(values[0]) : plainJson(input);
}

function toolResultText(block: ContentBlock): string {
  const { content } = block;
  if (typeof content === 'string') return `${content}\n`;
  const parts = Array.isArray(content) ? content : [content];
  return parts.map((part) => `${isJsonObject(part) ? partText(part) : ''}\n`).join('');
}

function partText(part: JsonObject): string {
  switch (part.type) {
    case 'web_search_result':
      return `- ${String(part.title)} — ${String(part.url)}`;
    case 'text':
    case 'advisor_result':
      return String(part.text ?? '');
    case 'web_fetch_result': {
      const document = isJsonObject(part.content) ? (part.content as DocumentBlock) : undefined;
      const texts = document?.source ? documentBlocks(document).filter((block) => block.type === 'text') : [];
      return [`- ${String(part.url)}`, ...texts.map((block) => String(block.text))].join('\n');
    }
    case 'tool_search_tool_search_result':
      return blocksOf(part.tool_references).map(resultText).join('\n');
  }
  if (String(part.type).endsWith('_error')) return `(error: ${String(part.error_code)})`;
  return plainJson(part);
}

/** JSON without what only Anthropic can read. */
function plainJson(value: JsonObject): string {
  return JSON.stringify(value, (key, inner: unknown) =>
    key.startsWith('encrypted_') || key === 'cache_control' || key === 'type' ? undefined : inner,
  );
}
