export interface OverflowReport {
  message: string;
  code?: string | number;
  type?: string;
  promptTokens?: number;
  contextWindow?: number;
}

/**
 * A provider's report that the prompt does not fit, in the words by which clients know it: `prompt is too long: N tokens
 * > M maximum`, the provider's own behind it. Undefined where the report says something else.
 */
export function promptOverflow(report: OverflowReport): { message: string } | undefined {
  const { message } = report;
  const byCode = /context_length_exceeded|string_above_max_length|exceed_context_size|context_window/.test(
    `${report.code} ${report.type}`,
  );
  if (!byCode && !overflowText.test(message)) return undefined;
  if (/^prompt is too long: \d+ tokens > \d+ maximum/.test(message)) return { message };
  const counts = countsOf(report);
  const said = counts
    ? `prompt is too long: ${counts.prompt} tokens > ${counts.maximum} maximum`
    : 'prompt is too long';
  return { message: message === '' ? said : `${said} (${message})` };
}

const overflowText = new RegExp(
  [
    'context[ _](length|window)',
    'maximum context',
    'maximum prompt length',
    'too many (input )?tokens',
    'prompt (is )?too long',
    'input (is )?too long',
    'exceeds? the (available |maximum )?context',
    'exceeds? .{0,40}(number of tokens allowed|token limit)',
    'input tokens exceed',
    'too large for model with',
    'n_ctx',
    'reduce the length of the (messages|input|prompt)',
  ].join('|'),
  'i',
);

function countsOf({
  message,
  promptTokens,
  contextWindow,
}: OverflowReport): { prompt: number; maximum: number } | undefined {
  const maximum = contextWindow ?? firstNumber(message, maximumPatterns);
  const prompt = promptTokens ?? firstNumber(message, promptPatterns);
  return maximum !== undefined && prompt !== undefined && prompt > maximum ? { prompt, maximum } : undefined;
}

const number = '(\\d[\\d,_]*)';

const maximumPatterns = patterns(
  `maximum (?:context|prompt|input) (?:length|size|window)[^\\d]{0,20}${number}`,
  `maximum number of (?:input )?tokens[^\\d]{0,30}${number}`,
  `configured limit of ${number}`,
  `(?:context|token|input) (?:size|length|window|limit)[^\\d]{0,20}${number}`,
  `model with ${number} maximum`,
  `> ${number} maximum`,
  `n_ctx[^\\d]{0,5}${number}`,
  `limit(?: of|:| is)? ${number}`,
);

const promptPatterns = patterns(
  `requested ${number} tokens`,
  `resulted in ${number} tokens`,
  `request contains ${number}`,
  `prompt contains (?:at least )?${number}`,
  `token count[^\\d]{0,10}${number}`,
  `too long: ${number} tokens`,
  `(?:request|prompt|input|messages)[^\\d.]{0,30}${number} tokens`,
  `${number} tokens`,
);

function patterns(...sources: string[]): RegExp[] {
  return sources.map((source) => new RegExp(source, 'i'));
}

function firstNumber(text: string, candidates: readonly RegExp[]): number | undefined {
  for (const pattern of candidates) {
    const digits = pattern.exec(text)?.[1]?.replaceAll(/[,_]/g, '');
    if (digits) return Number(digits);
  }
  return undefined;
}
