import type { Call } from '../call/call.ts';
import type { Price } from '../models/price.ts';
import type { Target } from '../providers/target.ts';
import type { AccountState, Store } from '../stores/store.ts';
import { type BudgetPolicy, periodAccounts, warningLevel } from './budget.ts';
import { CallAdmission, type SettledAccount } from './call-admission.ts';
import { type Leases, leaseMs } from './leases.ts';
import type { RateLimits } from './rate-limit.ts';

export interface AdmissionSettings {
  limits: RateLimits;
  policy: BudgetPolicy;
  store: Store;
  leases: Leases;
  /** Undefined where it is not known. */
  priceOf(target: Target): Price | undefined;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Told of budgets that are half, mostly or wholly spent. */
  warn(message: string, fields: object): void;
}

/** How a budget stands; amounts are whole micro-dollars. */
export interface BudgetReport {
  limit: number;
  spent: number;
  reserved: number;
  /** Milliseconds since the epoch. */
  resetsAt: number;
  /** The highest of 50, 80 and 100 % that was spent. */
  warning: 50 | 80 | 100 | null;
}

const mostWarned = 10_000;

/** Who may ask how much, and what may be spent: the limits and budgets of a configuration, counted in a store. */
export class Admission {
  readonly #settings: AdmissionSettings;
  readonly #warned = new Set<string>();

  constructor(settings: AdmissionSettings) {
    this.#settings = settings;
  }

  /** The model that answers in place of one that the budgets can't pay. */
  get downgradeTo(): string | undefined {
    return this.#settings.policy.downgradeTo;
  }

  /** The admission of one call; nothing is taken yet. */
  begin(call: Call): CallAdmission {
    return new CallAdmission(this.#settings, call, (accounts) => this.#warn(accounts));
  }

  /** The global budgets as they stand. */
  async budgets(): Promise<{ daily: BudgetReport | null; monthly: BudgetReport | null }> {
    const { policy, store, now } = this.#settings;
    const accounts = periodAccounts('all', '', policy, now());
    if (accounts.length === 0) return { daily: null, monthly: null };
    const looks = accounts.map(({ name, limit, keptMs }) => ({ name, limit, keptMs, amount: 0, look: true }));
    const { accounts: states } = await store.claim({ id: 'look', windows: [], accounts: looks, leaseMs });
    const report = (label: string): BudgetReport | null => {
      const index = accounts.findIndex((account) => account.label === label);
      const account = accounts[index];
      if (account === undefined) return null;
      const { spent, reserved }: Pick<AccountState, 'spent' | 'reserved'> = states[index] ?? { spent: 0, reserved: 0 };
      const { limit, resetsAt = 0 } = account;
      return { limit, spent, reserved, resetsAt, warning: warningLevel(limit, spent) ?? null };
    };
    return { daily: report('daily'), monthly: report('monthly') };
  }

  /** Each level of each account is told once. */
  #warn(accounts: readonly SettledAccount[]): void {
    for (const { account, state } of accounts) {
      const level = warningLevel(account.limit, state.spent);
      const told = `${account.name} ${level}`;
      if (level === undefined || this.#warned.has(told)) continue;
      if (this.#warned.size >= mostWarned) this.#warned.clear();
      this.#warned.add(told);
      this.#settings.warn(`${level} % of the budget "${account.label}" is spent`, {
        budget: account.label,
        limitMicroUsd: account.limit,
        spentMicroUsd: state.spent,
      });
    }
  }
}
