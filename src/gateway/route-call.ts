import type { Call } from '../call/call.ts';
import type { Explanation } from '../call/explanation.ts';
import { type Decision, decide } from '../routing/decide.ts';
import { explain } from '../routing/explain.ts';
import { type CustomChoice, type Facts, type FactsSettings, readFacts } from '../routing/facts.ts';
import type { RoutingState } from '../routing/state.ts';
import type { RoutingParts } from './parts.ts';

/** Where a call goes, and what that was decided on. */
export interface Route {
  facts: Facts;
  decision: Decision;
  /** What it was decided in. */
  state: RoutingState;
}

/** Decides where a call goes; nothing is noted of it yet. */
export async function routeCall(parts: RoutingParts, call: Call): Promise<Route> {
  const facts = await factsOf(parts, call);
  return { facts, decision: decide(facts, parts.table, parts.state, parts.now()), state: parts.state };
}

/** The facts of a call, after the user's own routing function had its say. */
export async function factsOf({ measurePrompt, customRouter }: RoutingParts, call: Call): Promise<Facts> {
  const settings: FactsSettings = { measurePrompt };
  if (customRouter) settings.customChoice = await customRouter(call, () => readFacts(call, settings));
  return readFacts(call, settings);
}

/** Where a call would go and why, without sending it. */
export async function explainCall(parts: RoutingParts, call: Call): Promise<Explanation> {
  const { facts, decision } = await routeCall(parts, call);
  return explain(decision, facts, parts.table, parts.state, { showText: true });
}

/** The call with the fields that its rule sets. */
export function withSetFields(call: Call, { set }: Decision): Call {
  return set === undefined ? call : { ...call, request: { ...call.request, ...set }, rawBody: undefined };
}

/** The user's own routing function, made safe: it never throws and answers in time. */
export type CustomRouter = (call: Call, facts: () => Facts) => Promise<CustomChoice>;
