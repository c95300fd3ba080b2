import { imageSize } from './image-size.ts';
import { measureText, type TextTokens } from './text-tokens.ts';
import { type FamilyRules, familyRules, type TokenFamily } from './token-family.ts';

export { estimateText } from './text-tokens.ts';
export { type TokenFamily, tokenFamilyOf } from './token-family.ts';

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
  const sum = new Sum(familyRules(options.family));
  sum.add(sum.rules.perRequest);
  addContent(sum, request.system, 0);
  for (const message of listOf(request.messages)) {
    sum.add(sum.rules.perMessage);
    addContent(sum, fieldsOf(message).content, 0);
  }
  addTools(sum, request);
  return sum.total();
}

/** Estimates the tokens of one text in the vocabulary of a family. */
export function estimateTextFor(text: string, family: TokenFamily): number {
  const sum = new Sum(familyRules(family));
  sum.addText(text);
  return sum.total();
}

/** Adds up text by its kinds, so that a family's factors are applied and rounded once. */
class Sum {
  readonly rules: FamilyRules;
  #text: TextTokens = { words: 0, symbols: 0, script: 0 };
  #other = 0;

  constructor(rules: FamilyRules) {
    this.rules = rules;
  }

  add(tokens: number): void {
    this.#other += tokens;
  }

  addText(text: unknown): void {
    if (typeof text !== 'string') return;
    const { words, symbols, script } = measureText(text);
    this.#text.words += words;
    this.#text.symbols += symbols;
    this.#text.script += script;
  }

  total(): number {
    const factors = this.rules.text;
    const { words, symbols, script } = this.#text;
    return Math.max(
      0,
      Math.ceil(words * factors.words + symbols * factors.symbols + script * factors.script + this.#other - 1e-6),
    );
  }
}

const CALL_OVERHEAD = 8;
const TOOL_OVERHEAD = 8;
/** Blocks hold blocks (results, documents) only so deep in any real request. */
const DEEPEST = 8;
/** Where the size cannot be read: a link, an unknown format. */
const USUAL_IMAGE = { width: 1092, height: 1092 };
const USUAL_PAGES = 5;
const BASE64_PER_PAGE = 100_000;
const MOST_PAGES = 600;

function addContent(sum: Sum, content: unknown, depth: number): void {
  if (typeof content === 'string') sum.addText(content);
  else if (depth < DEEPEST) for (const block of listOf(content)) addBlock(sum, fieldsOf(block), depth);
}

function addBlock(sum: Sum, block: Record<string, unknown>, depth: number): void {
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

function addImage(sum: Sum, source: Record<string, unknown>): void {
  const size = source.type === 'base64' && typeof source.data === 'string' ? imageSize(source.data) : undefined;
  sum.add(sum.rules.image(size ?? USUAL_IMAGE));
}

function addDocument(sum: Sum, block: Record<string, unknown>, depth: number): void {
  const source = fieldsOf(block.source);
  sum.addText(block.title);
  sum.addText(block.context);
  if (source.type === 'text') sum.addText(source.data);
  else if (source.type === 'content') addContent(sum, source.content, depth + 1);
  else sum.add(pagesOf(source) * sum.rules.perPdfPage);
}

function pagesOf(source: Record<string, unknown>): number {
  if (source.type !== 'base64' || typeof source.data !== 'string') return USUAL_PAGES;
  return Math.min(MOST_PAGES, Math.max(1, Math.ceil(source.data.length / BASE64_PER_PAGE)));
}

function addTools(sum: Sum, request: CountedRequest): void {
  const tools = listOf(request.tools);
  if (tools.length === 0) return;
  const choice = fieldsOf(request.tool_choice).type;
  sum.add(choice === 'any' || choice === 'tool' ? sum.rules.withForcedTool : sum.rules.withTools);
  for (const tool of tools) {
    const { name, description, input_schema: schema, cache_control: _, ...rest } = fieldsOf(tool);
    sum.add(TOOL_OVERHEAD);
    sum.addText(name);
    sum.addText(description);
    addJson(sum, schema ?? rest);
  }
}

/** Counts a value as its JSON would count, without writing it and however deep it is. */
function addJson(sum: Sum, value: unknown): void {
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

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
