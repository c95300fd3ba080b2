import type { ExplainedCandidate, Explanation } from '../call/explanation.ts';
import { allSteps } from './choose.ts';
import type { Decision } from './decide.ts';
import { thinksHard } from './effort.ts';
import { estimatePriceUsd } from './estimate-price.ts';
import type { Facts } from './facts.ts';
import type { RoutingState } from './state.ts';
import type { RoutingTable } from './table.ts';

/** How much of the human text is shown. */
const shownText = 500;

/** A decision told whole: also what was not asked any more, what each candidate would cost, and what is known of the call. */
export function explain(
  decision: Decision,
  facts: Facts,
  table: RoutingTable,
  state: RoutingState,
  options: { showText: boolean },
): Explanation {
  const [first] = decision.targets;
  const price = (target: Decision['targets'][number]) => estimatePriceUsd(target, facts, table, state);
  const taken = decision.targets.map((target): ExplainedCandidate => {
    return { model: target.name, provider: target.provider, priceUsd: price(target) };
  });
  const refused = decision.refused.map(({ name, provider, target, reason }): ExplainedCandidate => {
    return { model: name, provider: provider ?? null, priceUsd: target ? price(target) : null, refused: reason };
  });
  const later = allSteps(facts, table).slice(decision.steps.length);
  return {
    winner: first ? { model: first.name, provider: first.provider } : null,
    rule: decision.rule,
    reason: decision.reason,
    steps: [
      ...decision.steps,
      ...later.map((each) => ({ ...each, matched: false, why: `not asked: ${decision.rule} decided` })),
    ],
    candidates: [...taken, ...refused],
    facts: summaryOf(facts, options.showText),
  };
}

/** One line for a header. */
export function decisionLine({ targets, refused, rule, reason }: Decision): string {
  const order = targets.map(({ name }) => name).join(' > ') || 'none';
  const aside = refused.map(({ name, reason: why }) => `${name}: ${why}`).join('; ');
  return `${order} by ${rule} (${reason})${aside === '' ? '' : `; set aside: ${aside}`}`;
}

function summaryOf(facts: Facts, showText: boolean): Record<string, unknown> {
  return {
    model: facts.requestedModel,
    tokenCount: facts.tokenCount,
    textTokens: facts.textTokens,
    messageCount: facts.messageCount,
    taskType: facts.taskTypes[0],
    taskTypes: facts.taskTypes,
    complexity: facts.complexity,
    fileTypes: facts.fileTypes,
    hasImages: facts.hasImages,
    hasTools: facts.hasTools,
    thinking: thinksHard(facts),
    effort: facts.effort ?? null,
    stream: facts.stream,
    isSubagent: facts.isSubagent,
    isBackground: facts.isBackground,
    isWebSearch: facts.isWebSearch,
    session: facts.session ?? null,
    key: facts.key,
    ...(showText ? { text: facts.text.slice(0, shownText) } : {}),
  };
}
