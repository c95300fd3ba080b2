import type { Failure } from '../../call/failure.ts';
import type { EncodeInput, Revision } from '../dialect.ts';
import type { Quirks } from '../quirks.ts';

/**
 * A second request without what the service refused: it departs from Chat Completions in a way that no preset states, as
 * servers behind one API do. Undefined where its words name nothing that can be done without.
 */
export function reviseRequest(failure: Failure, input: EncodeInput): Revision | undefined {
  if (!refusals.has(failure.kind)) return undefined;
  const { message } = failure;
  if (unreadableCall.test(message)) return calmer(input);
  for (const { words, quirks, warning } of departures) {
    if (!words.test(message) || isStatedAlready(quirks, input.quirks)) continue;
    return { input: { ...input, quirks: { ...input.quirks, ...quirks } }, warning: `${warning}: refused upstream` };
  }
  return undefined;
}

/** Failures by which services refuse a request; templates of local servers do it with a 500. */
const refusals: ReadonlySet<string> = new Set(['upstream-refused-request', 'upstream-not-found', 'upstream-error']);

interface Departure {
  /** What the service says of it. */
  words: RegExp;
  quirks: Partial<Quirks>;
  warning: string;
}

/** The first that fits is tried; what names a thing more closely stands in front. */
const departures: readonly Departure[] = [
  {
    words: /use 'max_completion_tokens'|(?<!completion_)\bmax_tokens\b.{0,40}(not supported|unsupported)/i,
    quirks: { maxTokensField: 'max_completion_tokens' },
    warning: 'max_tokens sent as max_completion_tokens',
  },
  {
    words: refusalOf("(?<!use ')max_completion_tokens"),
    quirks: { maxTokensField: 'max_tokens' },
    warning: 'max_completion_tokens sent as max_tokens',
  },
  {
    words: /function tools with reasoning_effort are not supported/i,
    quirks: { reasoningRequest: 'reasoning_effort', reasoningWithTools: false, efforts: ['none'] },
    warning: 'reasoning switched off for tools',
  },
  {
    words: /reasoning_content.{0,60}must be passed back/i,
    quirks: { reasoningReplay: 'reasoning_content' },
    warning: 'reasoning sent back with tool calls',
  },
  {
    words: refusalOf('(reasoning(_effort|_format|\\.\\w+)?|thinking|enable_thinking|chat_template_kwargs|prompt_mode)'),
    quirks: { reasoningRequest: 'none' },
    warning: 'thinking settings left out',
  },
  { words: refusalOf('stream_options'), quirks: { streamOptions: false }, warning: 'stream_options left out' },
  {
    words: refusalOf('parallel_tool_calls'),
    quirks: { parallelToolCalls: false },
    warning: 'disable_parallel_tool_use left out',
  },
  {
    words: /tool_choice.{0,20}('|"|`)?object|tool_choice.{0,40}(must|should) be a string/i,
    quirks: { toolChoice: 'string' },
    warning: 'tool_choice sent as a word',
  },
  { words: refusalOf('tool_choice'), quirks: { toolChoice: 'none' }, warning: 'tool_choice left out' },
  { words: refusalOf('(temperature|top_p)'), quirks: { sampling: 'none' }, warning: 'temperature and top_p left out' },
  { words: refusalOf('top_k'), quirks: { topK: false }, warning: 'top_k left out' },
  { words: refusalOf('stop'), quirks: { maxStopSequences: 0 }, warning: 'stop sequences enforced here' },
  {
    words: refusalOf('(prompt_cache_key|safety_identifier|service_tier)'),
    quirks: { promptCacheKey: false, serviceTier: false },
    warning: 'cache key and service tier left out',
  },
  {
    words: refusalOf('(json_schema|response_format)'),
    quirks: { jsonSchema: 'none' },
    warning: 'output_config.format said in words',
  },
  {
    words: /unknown variant .?developer|'developer' is not one of/i,
    quirks: { systemRole: 'system', midConversationSystem: 'reminder' },
    warning: 'developer messages sent as system messages',
  },
  {
    words:
      /(developer|system).{0,40}(role|message).{0,40}not supported|role.{0,30}does not support '?(system|developer)/i,
    quirks: { systemRole: 'none', midConversationSystem: 'reminder' },
    warning: 'system text sent with the first user message',
  },
  {
    words: /role '?user'? after role '?tool|after the optional system message.{0,60}alternate/i,
    quirks: { userAfterTools: 'bridged' },
    warning: 'a word of the assistant put behind tool results',
  },
  { words: /grammar/i, quirks: { toolSchemas: 'grammar' }, warning: 'patterns of tool schemas left out' },
  {
    words:
      /(image|vision|multi-?modal).{0,60}(not support|unsupported|not enabled|not available)|(not|n't|no endpoints found that) support.{0,20}image|at most 0 image|not a multi-?modal/i,
    quirks: { images: false },
    warning: 'images left out',
  },
];

/** The usual ways of saying that a field is not taken: its name in front of the refusal, or behind it. */
function refusalOf(name: string): RegExp {
  const refused =
    "(unsupported|unavailable|(not|n't|never) (be )?(support|permit|allow|accept|available)|unrecognized|unknown|unexpected|extra_forbidden|extra (input|field)s?|invalid (param|field|argument))";
  const field = `(?<![\\w-])${name}(?![\\w-])`;
  return new RegExp(`${field}.{0,80}${refused}|${refused}.{0,80}${field}`, 'i');
}

function isStatedAlready(wanted: Partial<Quirks>, stated: Quirks): boolean {
  return Object.entries(wanted).every(([name, value]) => {
    return JSON.stringify(stated[name as keyof Quirks]) === JSON.stringify(value);
  });
}

/** Groq's parser could not read what the model wrote as a call. */
const unreadableCall = /failed_generation|failed to call a function|tool call validation failed/i;

function calmer(input: EncodeInput): Revision | undefined {
  const temperature = input.request.temperature ?? input.abilities.temperature ?? 1;
  if (temperature <= calm || input.quirks.sampling === 'none') return undefined;
  const request = { ...input.request, temperature: calm };
  return {
    input: { ...input, request, rawBody: undefined },
    warning: 'asked again at a lower temperature: the model wrote a tool call that can not be read',
  };
}

const calm = 0.2;
