import { stem, type Words, wordsOf } from './words.ts';

/** A rule of `intelligentRouting`, ready to be scored. */
export interface IntelligentRule {
  name: string;
  model: string;
  /** The score from which it fires. */
  confidence: number;
  patterns: readonly { text: string; stems: readonly string[] }[];
  /** The telling stems of each example. */
  examples: readonly ReadonlySet<string>[];
}

export interface IntelligentScore {
  rule: IntelligentRule;
  /** 0 to 1. */
  score: number;
  /** The patterns that were found. */
  found: readonly string[];
}

/** Makes a rule from its configuration. */
export function compileIntelligentRule(written: {
  name: string;
  patterns: readonly string[];
  examples?: readonly string[];
  model: string;
  confidence: number;
}): IntelligentRule {
  return {
    name: written.name,
    model: written.model,
    confidence: written.confidence,
    patterns: written.patterns
      .map((text) => ({ text, stems: wordsOf(text).plain.map(stem) }))
      .filter(({ stems }) => stems.length > 0),
    examples: (written.examples ?? []).map((example) => tellingStems(wordsOf(example))).filter(({ size }) => size > 0),
  };
}

/** Words of a phrase may stand that far apart: `write code` is found in `write me some code`. */
const widestGap = 3;
const looseWeight = 0.75;
/** What an example must at least share with the message to speak for it. */
const leastLikeness = 0.34;

/**
 * Scores every rule on a message. A rule's evidence is the sum over its patterns: 1 for one that stands in the text (whole
 * words, by their stems), 0.75 where other words stand inside it, and the likeness (0 to 1) of the example that is nearest.
 * Its score is certainty x share: certainty is 1 - 0.05 / evidence (0.95 for one pattern), falling with the square root
 * below one pattern; share is the rule's part of the evidence of all rules. So what fits one rule alone scores 0.95, what
 * fits two equally at most 0.49.
 */
export function scoreRules(rules: readonly IntelligentRule[], words: Words): IntelligentScore[] {
  const own = tellingStems(words);
  const evidence = rules.map((rule) => evidenceFor(rule, words, own));
  const total = evidence.reduce((sum, { weight }) => sum + weight, 0);
  return rules.map((rule, index) => {
    const { weight, found } = evidence[index]!;
    const certainty = weight >= 1 ? 1 - 0.05 / weight : 0.95 * Math.sqrt(weight);
    return { rule, score: weight === 0 ? 0 : certainty * (weight / total), found };
  });
}

function evidenceFor(
  rule: IntelligentRule,
  words: Words,
  own: ReadonlySet<string>,
): { weight: number; found: string[] } {
  const found: string[] = [];
  let weight = 0;
  for (const { text, stems } of rule.patterns) {
    const width = narrowest(stems, words);
    if (width === undefined) continue;
    found.push(text);
    weight += width === 1 ? 1 : looseWeight;
  }
  const likeness = rule.examples.reduce((most, example) => Math.max(most, likenessOf(own, example)), 0);
  return { weight: likeness < leastLikeness ? weight : weight + likeness, found };
}

/** The widest step between neighbouring words where the phrase stands closest together; undefined where it does not stand. */
function narrowest(stems: readonly string[], words: Words): number | undefined {
  let best: number | undefined;
  for (const start of words.positions.get(stems[0]!) ?? []) {
    let previous = start;
    let widest = 1;
    for (const each of stems.slice(1)) {
      const next = words.positions.get(each)?.find((at) => at > previous && at <= previous + widestGap);
      if (next === undefined) {
        widest = Number.POSITIVE_INFINITY;
        break;
      }
      widest = Math.max(widest, next - previous);
      previous = next;
    }
    if (widest === 1) return 1;
    if (widest <= widestGap) best = widest;
  }
  return best;
}

function likenessOf(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  let shared = 0;
  for (const each of other) if (one.has(each)) shared += 1;
  return shared === 0 ? 0 : (2 * shared) / (one.size + other.size);
}

const emptyWords = new Set(
  'the a an of and or is are to in with on this that these it not i you he we they my your his its at by from for be do does how what why can could would please me us le la les un une des du de d l et ou est sont pour dans avec sur ce cette ces que qui ne pas je tu il nous vous mon ma mes ton ta tes son sa ses au aux par s il te plait'.split(
    ' ',
  ),
);

function tellingStems(words: Words): Set<string> {
  return new Set(words.stems.filter((_, at) => !emptyWords.has(words.plain[at]!)));
}
