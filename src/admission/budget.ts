import type { CallBudget, Caller } from '../call/call.ts';
import { type Currency, moneyText, usDollars } from '../call/money.ts';
import type { CallRecord } from '../call/record.ts';
import type { Config } from '../config/schema.ts';
import { priceCall } from '../models/cost.ts';
import type { Price } from '../models/price.ts';
import type { AccountState } from '../stores/store.ts';

/** What may be spent, and what happens beyond; amounts are whole micro-dollars. */
export interface BudgetPolicy extends CallBudget {
  perSession?: number;
  /** The model that answers in place of one that the budgets can't pay; undefined: such calls are refused. */
  downgradeTo?: string;
  rejectUnknownPrice: boolean;
  currency: Currency;
}

/** An account that a call is paid from. */
export interface BudgetAccount {
  name: string;
  /** What people call it: `daily`, `monthly of the key ci`, `of the session`. */
  label: string;
  limit: number;
  keptMs: number;
  /** Milliseconds since the epoch; undefined for one that never begins anew. */
  resetsAt?: number;
}

/** What decides how much a call may cost at most. */
export interface CallSize {
  /** Estimated tokens of the whole prompt as a model counts. */
  promptTokens(model: string): number;
  maxTokens: number | undefined;
  /** True where the client marks what is to be kept in a prompt cache. */
  marksCache: boolean;
}

const day = 86_400_000;
/** The answer of a model whose limit nobody says, in tokens. */
const usualMaxOutput = 8192;

/** The budgets that are in force. A key's own come with its caller. */
export function budgetPolicyOf(config: Config): BudgetPolicy {
  const { costOptimization, routing } = config;
  const on = costOptimization?.enabled ?? routing.costOptimization ?? true;
  const budget = on ? costOptimization?.budget : undefined;
  if (budget === undefined) return { rejectUnknownPrice: false, currency: usDollars };
  const { daily, monthly, perSession, currency, rate, onExceeded, downgradeTo, unknownPrice } = budget;
  return {
    daily: microUsd(daily, rate),
    monthly: microUsd(monthly, rate),
    perSession: microUsd(perSession, rate),
    ...(onExceeded === 'downgrade' ? { downgradeTo } : {}),
    rejectUnknownPrice: unknownPrice === 'reject',
    currency: rate === undefined ? usDollars : { code: currency, usdPerUnit: rate },
  };
}

/** The budget of a key as it is configured; a plain number is for a month. */
export function keyBudgetOf(budget: number | { daily?: number; monthly?: number }): CallBudget {
  const { daily, monthly } = typeof budget === 'number' ? { daily: undefined, monthly: budget } : budget;
  return { daily: microUsd(daily), monthly: microUsd(monthly) };
}

function microUsd(amount: number, rate?: number): number;
function microUsd(amount: number | undefined, rate?: number): number | undefined;
function microUsd(amount: number | undefined, rate = 1): number | undefined {
  return amount === undefined ? undefined : Math.round(amount * rate * 1e6);
}

/** The accounts that a call of this caller and session is paid from. Days and months are UTC's. */
export function accountsOf(
  policy: BudgetPolicy,
  caller: Caller,
  session: string | undefined,
  now: number,
): BudgetAccount[] {
  const accounts = [...periodAccounts('all', '', policy, now)];
  if (caller.budget)
    accounts.push(...periodAccounts(`key:${caller.name}`, ` of the key ${caller.name}`, caller.budget, now));
  if (session !== undefined && policy.perSession !== undefined) {
    const limit = policy.perSession;
    accounts.push({ name: `session:${session}`, label: 'of the session', limit, keptMs: 30 * day });
  }
  return accounts;
}

/** The accounts of a day and a month. */
export function periodAccounts(
  whose: string,
  of: string,
  { daily, monthly }: CallBudget,
  now: number,
): BudgetAccount[] {
  const date = new Date(now);
  const [year, month, dayOfMonth] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  const text = date.toISOString();
  const accounts: BudgetAccount[] = [];
  if (daily !== undefined) {
    const resetsAt = Date.UTC(year, month, dayOfMonth + 1);
    accounts.push({
      name: `${whose}:${text.slice(0, 10)}`,
      label: `daily${of}`,
      limit: daily,
      keptMs: 3 * day,
      resetsAt,
    });
  }
  if (monthly !== undefined) {
    const resetsAt = Date.UTC(year, month + 1, 1);
    accounts.push({
      name: `${whose}:${text.slice(0, 7)}`,
      label: `monthly${of}`,
      limit: monthly,
      keptMs: 40 * day,
      resetsAt,
    });
  }
  return accounts;
}

/**
 * The most that a call may cost, in micro-dollars: its prompt at the dearest rate that may apply to it, and as long an answer as
 * is allowed. Null where the price is not known.
 */
export function worstCase(
  price: Price | undefined,
  size: CallSize,
  { model, maxOutput }: { model: string; maxOutput: number | undefined },
): number | null {
  const prompt = size.promptTokens(model);
  const output = Math.min(size.maxTokens ?? maxOutput ?? usualMaxOutput, maxOutput ?? Number.POSITIVE_INFINITY);
  const nothing = { input: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, output };
  const kinds = size.marksCache ? (['input', 'cacheWrite5m', 'cacheWrite1h'] as const) : (['input'] as const);
  let most = 0n;
  for (const kind of kinds) {
    const cost = priceCall({ ...nothing, [kind]: prompt }, price);
    if (cost === null) return null;
    if (cost > most) most = cost;
  }
  return Number(most);
}

/** What a call that is over cost, as far as prices are known. */
export function spentBy(record: CallRecord): number {
  return record.attempts.reduce((sum, { costMicroUsd }) => sum + (costMicroUsd ?? 0), 0);
}

/** Why an account can't pay a call, in words. */
export function budgetReason(account: BudgetAccount, state: AccountState, amount: number, currency: Currency): string {
  const { label, limit, resetsAt } = account;
  const money = (micro: number) => `${moneyText(micro, currency)} ${currency.code}`;
  const left = Math.max(0, limit - state.spent - state.reserved);
  const named = label.startsWith('of ')
    ? `the budget ${label}`
    : `the ${label.replace(/^(daily|monthly)/, '$1 budget')}`;
  const resets = resetsAt === undefined ? '' : `; it resets at ${new Date(resetsAt).toISOString()}`;
  return `${named}, ${money(limit)}, is exhausted: ${money(left)} are left, and the call may cost ${money(amount)}${resets}`;
}

/** The highest of 50, 80 and 100 % that was spent. */
export function warningLevel(limit: number, spent: number): 50 | 80 | 100 | undefined {
  return ([100, 80, 50] as const).find((level) => spent > 0 && spent * 100 >= limit * level);
}
