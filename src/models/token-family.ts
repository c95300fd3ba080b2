import type { ImageSize } from './image-size.ts';
import { bareModelId, withoutVendor } from './model-id.ts';
import type { TextTokens } from './text-tokens.ts';

/**
 * Models that count alike: `claude` up to 4.6 and Haiku 4.5, `claude-4.7+` the later tokenizer, `openai` from GPT-5 on,
 * `openai-4` GPT-4 and the o-series, `gemini` from 3 on, `gemini-2` before.
 */
export type TokenFamily = 'claude' | 'claude-4.7+' | 'openai' | 'openai-4' | 'gemini' | 'gemini-2' | 'other';

/** How one family counts what is not plain text. */
export interface FamilyRules {
  /** Factors on the o200k counts of words, symbols and other scripts. */
  text: TextTokens;
  perMessage: number;
  perRequest: number;
  /** The hidden prompt that comes with tools, by whether `tool_choice` forces one. */
  withTools: number;
  withForcedTool: number;
  image: (size: ImageSize) => number;
  perPdfPage: number;
}

/** The rules of a family. */
export function familyRules(family: TokenFamily): FamilyRules {
  return RULES[family];
}

/** The family of a model by its id, with or without vendor prefix and date. */
export function tokenFamilyOf(model: string): TokenFamily {
  const known = FAMILY_BY_MODEL.get(model);
  if (known !== undefined) return known;
  const id = bareModelId(withoutVendor(model.toLowerCase()));
  const family = FAMILIES.find(([pattern]) => pattern.test(id))?.[1] ?? 'other';
  if (FAMILY_BY_MODEL.size >= MOST_REMEMBERED) FAMILY_BY_MODEL.clear();
  FAMILY_BY_MODEL.set(model, family);
  return family;
}

/** Decisions ask for every target of a pool. */
const FAMILY_BY_MODEL = new Map<string, TokenFamily>();
const MOST_REMEMBERED = 1000;

const FAMILIES: readonly (readonly [RegExp, TokenFamily])[] = [
  [/^claude-(opus-4-[789]|(opus|sonnet|haiku|fable|mythos)-([5-9]|\d\d))/, 'claude-4.7+'],
  [/^claude/, 'claude'],
  [/^gpt-([5-9]|oss)/, 'openai'],
  [/^(gpt|chatgpt|o[134]|codex)/, 'openai-4'],
  [/^gemini-(pro|1|2|flash-1)/, 'gemini-2'],
  [/^gemini/, 'gemini'],
];

const SAME: TextTokens = { words: 1, symbols: 1, script: 1 };
const NO_HIDDEN_PROMPT = { withTools: 0, withForcedTool: 0 };
const CLAUDE_OVERHEAD = { perMessage: 4, perRequest: 3, withTools: 346, withForcedTool: 313, perPdfPage: 3_500 };

/**
 * Claude's factors give 1.18 on prose and 1.25 on code up to 4.6, and 1.6 and 1.45 from 4.7 on, where prose is one part
 * symbols in eight and code one in two.
 */
const RULES: Record<TokenFamily, FamilyRules> = {
  claude: {
    text: { words: 1.17, symbols: 1.33, script: 1.2 },
    ...CLAUDE_OVERHEAD,
    image: (size) => claudeImage(size, 1568, 1600),
  },
  'claude-4.7+': {
    text: { words: 1.65, symbols: 1.25, script: 1.2 },
    ...CLAUDE_OVERHEAD,
    image: (size) => claudeImage(size, 2576, 3930),
  },
  openai: {
    text: SAME,
    perMessage: 3,
    perRequest: 3,
    ...NO_HIDDEN_PROMPT,
    image: ({ width, height }) => Math.round(Math.min(patches(width, height, 32), 10_000) * 1.2),
    perPdfPage: 2_500,
  },
  'openai-4': { text: SAME, perMessage: 3, perRequest: 3, ...NO_HIDDEN_PROMPT, image: tiledImage, perPdfPage: 2_500 },
  gemini: { text: SAME, perMessage: 2, perRequest: 0, ...NO_HIDDEN_PROMPT, image: () => 1_100, perPdfPage: 560 },
  'gemini-2': { text: SAME, perMessage: 2, perRequest: 0, ...NO_HIDDEN_PROMPT, image: gemini2Image, perPdfPage: 258 },
  other: {
    text: SAME,
    perMessage: 4,
    perRequest: 3,
    ...NO_HIDDEN_PROMPT,
    image: ({ width, height }) => Math.min(patches(width, height, 28), 2_500),
    perPdfPage: 2_500,
  },
};

function patches(width: number, height: number, side: number): number {
  return Math.ceil(width / side) * Math.ceil(height / side);
}

/** 28-pixel patches, after the image was scaled down to the longest edge the model looks at. */
function claudeImage({ width, height }: ImageSize, longestEdge: number, most: number): number {
  const scale = Math.min(1, longestEdge / Math.max(width, height));
  return Math.min(patches(Math.round(width * scale) || 1, Math.round(height * scale) || 1, 28), most);
}

/** 512-pixel tiles, after the image was fitted into 2048 pixels and its short side to 768. */
function tiledImage({ width, height }: ImageSize): number {
  const fit = Math.min(1, 2048 / Math.max(width, height));
  const scale = fit * Math.min(1, 768 / (Math.min(width, height) * fit));
  return 85 + 170 * patches(width * scale, height * scale, 512);
}

function gemini2Image({ width, height }: ImageSize): number {
  return width <= 384 && height <= 384 ? 258 : 258 * patches(width, height, 768);
}
