import type { Price } from '../models/catalog.ts';
import type { Target } from '../providers/target.ts';
import type { Condition } from './condition.ts';
import type { IntelligentRule } from './intelligent.ts';
import type { Member, Strategy } from './strategies/strategy.ts';

/** The configuration as routing sees it: every name checked, every condition compiled. */
export interface RoutingTable {
  /** The target with this name or alias; also `provider/model` for a model that a configured provider may serve. */
  find(name: string): Target | undefined;
  /** As `find`, for a name that the configuration uses: also a model of the catalogue that a configured provider serves. */
  resolve(name: string): Target | undefined;
  /** The target for what nothing else decides. */
  defaultTarget: Target | undefined;
  /** Names to try, in order, when the chosen target fails. */
  fallbacks: readonly string[];
  /** True where the user's own routing function is asked. */
  hasCustomRouter: boolean;
  /** In the order they are asked. */
  rules: readonly RoutingRule[];
  intelligentRules: readonly IntelligentRule[];
  costRules: readonly CostRule[];
  scenarios: Scenarios;
  pool: Pool | undefined;
  /** Undefined where it is not known. */
  priceOf(target: Target): Price | undefined;
}

export interface RoutingRule {
  name: string;
  condition: Condition;
  /** Names of models, in order. */
  models: readonly string[];
  fallbacks: readonly string[] | undefined;
  /** Fields of the request to set. */
  set: Readonly<Record<string, unknown>> | undefined;
}

export interface CostRule {
  /** As it is written. */
  text: string;
  condition: Condition;
  model: string;
}

export interface Scenarios {
  longContext?: string;
  /** Tokens. */
  longContextThreshold: number;
  webSearch?: string;
  image?: string;
  subagent?: string;
  background?: string;
  think?: { model: string; minEffort: string };
}

/** Models that share the load. */
export interface Pool {
  name: string;
  strategyName: string;
  strategy: Strategy;
  /** A session keeps its target while that can take calls. */
  keepsSessions: boolean;
  members: readonly Member[];
  memberNames: readonly string[];
  /** Names of the pool that no configured provider serves. */
  missing: readonly string[];
}
