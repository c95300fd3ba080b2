import { imageSize } from './image-size.ts';
import { measureText, type TextTokens } from './text-tokens.ts';
import { familyRules, type TokenFamily } from './token-family.ts';
import { type PartMemo, TokenSum } from './token-sum.ts';

export { TextMemo } from './text-memo.ts';
export { estimateText } from './text-tokens.ts';
export { type TokenFamily, tokenFamilyOf } from './token-family.ts';
export { PartMemo } from './token-sum.ts';

/** The parts of an Anthropic Messages body that are counted. */
export interface CountedRequest {
  system?: unknown;
  messages?: unknown;
  tools?: unknown;
  tool_choice?: unknown;
}

/**
 * Estimates the prompt tokens of a Messages body for a family of models: text, tool calls and results, tool definitions,
 * images by their pixels, PDFs by their size, and what every message adds. Linear in the body's size; unknown blocks count
 * as their JSON, wrong shapes as nothing.
 */
export function estimateRequest(request: CountedRequest, options: { family: TokenFamily }): number {
  return measureRequest(request)(options.family);
}

/**
 * Walks a Messages body once and tells its tokens for any family, as `estimateRequest` does. `measure` is `measureText`, or
 * a memo of it, and `parts` remembers the messages and tools that come again.
 */
export function measureRequest(
  request: CountedRequest,
  measure: (text: string) => TextTokens = measureText,
  parts?: PartMemo,
): (family: TokenFamily) => number {
  const sum = new TokenSum(measure);
  const add: AddPart = (part, walk) => (parts ? parts.add(sum, part, walk) : walk(sum));
  addContent(sum, request.system, 0);
  for (const message of listOf(request.messages)) {
    sum.messages += 1;
    add(message, (own) => addContent(own, fieldsOf(message).content, 0));
  }
  addTools(sum, request, add);
  return (family) => {
    const rules = familyRules(family);
    return sum.total(rules, rules.perRequest);
  };
}

/** Estimates the tokens of one text in the vocabulary of a family. */
export function estimateTextFor(text: string, family: TokenFamily): number {
  const sum = new TokenSum(measureText);
  sum.addText(text);
  return sum.total(familyRules(family), 0);
}

type AddPart = (part: unknown, walk: (sum: TokenSum) => void) => void;
type Fields = Record<string, unknown>;

const CALL_OVERHEAD = 8;
const TOOL_OVERHEAD = 8;
/** Blocks hold blocks (results, documents) only so deep in any real request. */
const DEEPEST = 8;
/** Where the size cannot be read: a link, an unknown format. */
const USUAL_IMAGE = { width: 1092, height: 1092 };
const USUAL_PAGES = 5;
const BASE64_PER_PAGE = 100_000;
const MOST_PAGES = 600;

function addContent(sum: TokenSum, content: unknown, depth: number): void {
  if (typeof content === 'string') sum.addText(content);
  else if (depth < DEEPEST) for (const block of listOf(content)) addBlock(sum, fieldsOf(block), depth);
}

function addBlock(sum: TokenSum, block: Record<string, unknown>, depth: number): void {
  switch (block.type) {
    case 'text':
      sum.addText(block.text);
      break;
    case 'thinking':
      sum.addText(block.thinking);
      break;
    case 'redacted_thinking':
      // Encrypted, so only its length tells: base64 of about four and a half bytes a token.
      sum.add(typeof block.data === 'string' ? block.data.length / 6 : 0);
      break;
    case 'image':
      addImage(sum, fieldsOf(block.source));
      break;
    case 'document':
      addDocument(sum, block, depth);
      break;
    case 'tool_use':
    case 'server_tool_use':
    case 'mcp_tool_use':
      sum.add(CALL_OVERHEAD);
      sum.addText(block.name);
      addJson(sum, block.input);
      break;
    case 'tool_result':
    case 'mcp_tool_result':
      sum.add(CALL_OVERHEAD);
      addContent(sum, block.content, depth + 1);
      break;
    default:
      addJson(sum, block);
  }
}

function addImage(sum: TokenSum, source: Fields): void {
  const size = source.type === 'base64' && typeof source.data === 'string' ? imageSize(source.data) : undefined;
  sum.images.push(size ?? USUAL_IMAGE);
}

function addDocument(sum: TokenSum, block: Record<string, unknown>, depth: number): void {
  const source = fieldsOf(block.source);
  sum.addText(block.title);
  sum.addText(block.context);
  if (source.type === 'text') sum.addText(source.data);
  else if (source.type === 'content') addContent(sum, source.content, depth + 1);
  else sum.pdfPages += pagesOf(source);
}

function pagesOf(source: Record<string, unknown>): number {
  if (source.type !== 'base64' || typeof source.data !== 'string') return USUAL_PAGES;
  return Math.min(MOST_PAGES, Math.max(1, Math.ceil(source.data.length / BASE64_PER_PAGE)));
}

function addTools(sum: TokenSum, request: CountedRequest, add: AddPart): void {
  const tools = listOf(request.tools);
  if (tools.length === 0) return;
  const choice = fieldsOf(request.tool_choice).type;
  sum.tools = choice === 'any' || choice === 'tool' ? 'forced' : 'offered';
  for (const tool of tools) add(tool, (own) => addTool(own, fieldsOf(tool)));
}

function addTool(sum: TokenSum, { name, description, input_schema: schema, cache_control: _, ...rest }: Fields): void {
  sum.add(TOOL_OVERHEAD);
  sum.addText(name);
  sum.addText(description);
  addJson(sum, schema ?? rest);
}

/** Counts a value as its JSON would count, without writing it and however deep it is. */
function addJson(sum: TokenSum, value: unknown): void {
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next === 'string') {
      sum.addText(next);
      sum.add(1);
    } else if (Array.isArray(next)) {
      sum.add(1);
      for (const item of next) waiting.push(item);
    } else if (typeof next === 'object' && next !== null) {
      sum.add(1);
      for (const [key, item] of Object.entries(next)) {
        sum.addText(key);
        sum.add(1);
        waiting.push(item);
      }
    } else if (next !== undefined) {
      sum.addText(String(next));
    }
  }
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
