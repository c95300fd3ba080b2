/** What a model's API accepts and the catalogue's sources do not say; what is left out is not known. */
export interface ModelFacts {
  reasoning?: boolean;
  tools?: boolean;
  /** Effort levels, weakest first; an empty list means the model takes none. */
  efforts?: string[];
  /** What the model does when no effort is sent. */
  defaultEffort?: string;
  sampling?: Sampling;
  /** Takes `temperature` or `top_p`, not both. */
  oneSamplingParameter?: boolean;
  /** Values of Claude's `thinking.type`; an empty list means the model does not think. */
  thinkingTypes?: ThinkingType[];
  /** The highest effort at which `thinking.type: "disabled"` is accepted. */
  disabledUpToEffort?: string;
  /** Whether `tool_choice` any or tool is accepted: always, only without thinking, or never. */
  forcedToolChoice?: 'yes' | 'thinking-off' | 'no';
  /** Whether a last assistant message is continued. */
  prefill?: boolean;
  /** Takes system messages in mid-conversation (Claude). */
  midConversationSystem?: boolean;
  /** Prompt tokens below which nothing is cached. */
  minCacheableTokens?: number;
  /** Gemini's `thinkingBudget` range. */
  thinkingBudget?: { min: number; max: number; canDisable: boolean };
  /** Values of Gemini's `thinkingLevel`, weakest first. */
  thinkingLevels?: string[];
  /** Served by OpenAI's Responses API alone. */
  responsesOnly?: boolean;
  /** Chat Completions refuses function tools unless the effort is none. */
  chatToolsNeedEffortNone?: boolean;
  /** Takes explicit prompt cache breakpoints (OpenAI). */
  promptCacheBreakpoints?: boolean;
  /** Takes `prompt_cache_retention` (OpenAI). */
  promptCacheRetention?: boolean;
}

export type Sampling = 'yes' | 'no' | 'when-effort-none';
export type ThinkingType = 'adaptive' | 'enabled' | 'disabled' | 'between_tools';

/** The facts of the first row whose pattern fits a bare model id (see `bareModelId`); none for a model no row fits. */
export function factsOf(bareId: string): ModelFacts {
  return MODEL_FACTS.find(([pattern]) => pattern.test(bareId))?.[1] ?? {};
}

const LOW_TO_HIGH = ['low', 'medium', 'high'];
const LOW_TO_XHIGH = [...LOW_TO_HIGH, 'xhigh'];
const LOW_TO_MAX = [...LOW_TO_XHIGH, 'max'];

const CLAUDE_4_7: ModelFacts = {
  prefill: false,
  efforts: LOW_TO_MAX,
  defaultEffort: 'high',
  sampling: 'no',
  reasoning: true,
  thinkingTypes: ['adaptive', 'disabled'],
  forcedToolChoice: 'thinking-off',
};
const CLAUDE_5: ModelFacts = {
  prefill: false,
  efforts: LOW_TO_MAX,
  defaultEffort: 'high',
  sampling: 'no',
  reasoning: true,
  midConversationSystem: true,
};
const CLAUDE_4_8: ModelFacts = { ...CLAUDE_4_7, midConversationSystem: true };
const CLAUDE_4_6: ModelFacts = {
  prefill: false,
  efforts: [...LOW_TO_HIGH, 'max'],
  defaultEffort: 'high',
  sampling: 'yes',
  thinkingTypes: ['adaptive', 'enabled', 'disabled'],
  forcedToolChoice: 'thinking-off',
};
const CLAUDE_4_5: ModelFacts = {
  efforts: [],
  sampling: 'yes',
  oneSamplingParameter: true,
  thinkingTypes: ['enabled', 'disabled'],
  forcedToolChoice: 'yes',
};
const GPT_5: ModelFacts = { reasoning: true, sampling: 'no', promptCacheRetention: true };
const GPT_6: ModelFacts = {
  reasoning: true,
  sampling: 'no',
  efforts: LOW_TO_MAX,
  promptCacheBreakpoints: true,
  promptCacheRetention: false,
};
const O_SERIES: ModelFacts = { reasoning: true, sampling: 'no', efforts: LOW_TO_HIGH, promptCacheRetention: true };
const NOT_REASONING: ModelFacts = { reasoning: false, sampling: 'yes', efforts: [] };

/** As of November 2026, from the vendors' documentation and client libraries. The first fitting row decides. */
const MODEL_FACTS: readonly (readonly [RegExp, ModelFacts])[] = [
  [/^claude-(fable|mythos)-5-[12]$/, { ...CLAUDE_5, thinkingTypes: ['adaptive'], forcedToolChoice: 'no' }],
  [/^claude-(fable|mythos)-5$/, { ...CLAUDE_5, thinkingTypes: ['adaptive'], minCacheableTokens: 2048 }],
  [/^claude-opus-5-5$/, { ...CLAUDE_5, defaultEffort: 'medium', thinkingTypes: ['adaptive'], forcedToolChoice: 'no' }],
  [/^claude-sonnet-5-5$/, { ...CLAUDE_5, thinkingTypes: ['adaptive', 'between_tools'], forcedToolChoice: 'no' }],
  [/^claude-haiku-5-5$/, { ...CLAUDE_5, defaultEffort: 'medium', thinkingTypes: ['adaptive'] }],
  [/^claude-opus-5$/, { ...CLAUDE_4_8, disabledUpToEffort: 'high' }],
  [/^claude-sonnet-5$/, CLAUDE_4_8],
  [/^claude-opus-4-8$/, { ...CLAUDE_4_8, minCacheableTokens: 4096 }],
  [/^claude-opus-4-7$/, { ...CLAUDE_4_7, minCacheableTokens: 4096 }],
  [/^claude-opus-4-6$/, { ...CLAUDE_4_6, minCacheableTokens: 4096 }],
  [/^claude-sonnet-4-6$/, { ...CLAUDE_4_6, minCacheableTokens: 2048 }],
  [/^claude-opus-4-5$/, { ...CLAUDE_4_5, efforts: LOW_TO_HIGH, defaultEffort: 'high', minCacheableTokens: 4096 }],
  [/^claude-sonnet-4-5$/, { ...CLAUDE_4_5, minCacheableTokens: 1024 }],
  [/^claude-haiku-4-5$/, { ...CLAUDE_4_5, minCacheableTokens: 4096 }],
  [
    /^claude-(opus|sonnet)-4(-[01])?$|^claude-3-7-sonnet$/,
    { efforts: [], sampling: 'yes', thinkingTypes: ['enabled', 'disabled'] },
  ],
  [/^claude-(v1|instant|2|3)(-|$)/, { ...NOT_REASONING, thinkingTypes: [] }],

  [/^gpt-6-astra$|^gpt-6-1-sol$/, GPT_6],
  [/^gpt-6-(sol|luna)$|^gpt-6-1-terra$/, { ...GPT_6, efforts: ['none', ...LOW_TO_MAX], sampling: 'when-effort-none' }],
  [
    /^gpt-5-6(-sol|-terra|-luna)?$/,
    { ...GPT_5, efforts: ['none', ...LOW_TO_MAX], chatToolsNeedEffortNone: true, promptCacheBreakpoints: true },
  ],
  [
    /^gpt-5-[45](-mini|-nano)?$/,
    { ...GPT_5, efforts: ['none', ...LOW_TO_XHIGH], sampling: 'when-effort-none', chatToolsNeedEffortNone: true },
  ],
  [/^gpt-5-[23](-mini|-nano)?$/, { ...GPT_5, efforts: ['none', ...LOW_TO_XHIGH], sampling: 'when-effort-none' }],
  [/^gpt-5-1(-mini|-nano)?$/, { ...GPT_5, efforts: ['none', ...LOW_TO_HIGH], sampling: 'when-effort-none' }],
  [/^gpt-5(-mini|-nano)?$/, { ...GPT_5, efforts: ['minimal', ...LOW_TO_HIGH] }],
  [/^gpt-5-pro$/, { ...GPT_5, efforts: ['high'], responsesOnly: true }],
  [/^gpt-5(-\d)?-codex/, { ...GPT_5, responsesOnly: true }],
  [/^gpt-5(-\d)?-chat/, { efforts: [] }],
  [/^gpt-5-\d-pro$/, GPT_5],
  [/^o[134](-mini|-pro|-preview)?$/, O_SERIES],
  [/^gpt-oss/, { reasoning: true, efforts: LOW_TO_HIGH, sampling: 'yes' }],
  [/^gpt-(3|4)|^chatgpt-4o/, NOT_REASONING],

  [/^gemini-2-5-pro/, { reasoning: true, thinkingBudget: { min: 128, max: 32_768, canDisable: false } }],
  [/^gemini-2-5-flash-lite/, { reasoning: true, thinkingBudget: { min: 512, max: 24_576, canDisable: true } }],
  [/^gemini-2-5-flash/, { reasoning: true, thinkingBudget: { min: 0, max: 24_576, canDisable: true } }],
  [/^gemini-3-pro/, gemini(['low', 'high'])],
  [/^gemini-3-flash|^gemini-3-[15]-flash/, gemini(['minimal', ...LOW_TO_HIGH])],
  [/^gemini-4-hydrogen/, gemini(LOW_TO_XHIGH)],
  [/^gemini-[34]/, gemini(LOW_TO_HIGH)],
  [/^gemini-(pro|1|2-0|flash-1)/, { reasoning: false, efforts: [] }],

  [/^deepseek-v4/, { reasoning: true, efforts: ['low', 'high', 'max'] }],
  [/^grok-4(-0709)?$/, { reasoning: true, efforts: [] }],
];

function gemini(levels: string[]): ModelFacts {
  return { reasoning: true, efforts: levels, thinkingLevels: levels };
}
