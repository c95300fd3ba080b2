import type { Call } from '../call/call.ts';
import { Failure } from '../call/failure.ts';
import type { CallRecord } from '../call/record.ts';
import type { Target } from '../providers/target.ts';
import type { AccountShare, AccountState, ClaimOutcome, WindowState } from '../stores/store.ts';
import type { AdmissionSettings } from './admit.ts';
import {
  accountsOf,
  type BudgetAccount,
  budgetReason,
  type CallSize,
  spentBy,
  warningLevel,
  worstCase,
} from './budget.ts';
import { leaseMs } from './leases.ts';
import {
  callerWindows,
  impossibleFailure,
  type LimitWindow,
  limitFailure,
  limitHeaders,
  limitNames,
  limitReason,
  modelWindows,
  type TokenDemand,
  takenBy,
  waitSeconds,
} from './rate-limit.ts';

/** Why a target can't take a call: a limit or a budget. */
export interface AdmissionBlock {
  kind: 'limit' | 'budget';
  reason: string;
  soft: false;
  retryAfterSeconds?: number;
}

export interface SettledAccount {
  account: BudgetAccount;
  state: AccountState;
}

/** A window that the call took of; of one model's limit, the target it was taken for. */
interface Taken {
  window: LimitWindow;
  target: string | undefined;
}

/**
 * The limits and budgets of one call: admitted before it is decided where it goes, entered before each target is asked,
 * settled when it is over. Whatever happens in between, `settle` gives back what was not used.
 */
export class CallAdmission {
  readonly #settings: AdmissionSettings;
  readonly #call: Call;
  readonly #onSettled: (accounts: readonly SettledAccount[]) => void;
  readonly #accounts: BudgetAccount[];
  readonly #taken: Taken[] = [];
  readonly #entered = new Set<string>();
  readonly #refused = new Map<string, AdmissionBlock>();
  #models = new Map<string, LimitWindow[]>();
  /** What is known of windows and accounts, by name. */
  readonly #windowStates = new Map<string, { window: LimitWindow; state: WindowState }>();
  readonly #accountStates = new Map<string, AccountState>();
  #setAside = 0;
  #settled = false;

  constructor(settings: AdmissionSettings, call: Call, onSettled: (accounts: readonly SettledAccount[]) => void) {
    this.#settings = settings;
    this.#call = call;
    this.#onSettled = onSettled;
    this.#accounts = accountsOf(settings.policy, call.caller, call.sessionId, settings.now());
  }

  /**
   * Takes of the limits of all and of the key, and looks at those of models and at the budgets. Throws Failure `limit-reached`,
   * `state-away`.
   */
  async admit(countTokens: (model: string) => number): Promise<void> {
    const { limits } = this.#settings;
    const tokens = this.#tokens(countTokens);
    const own = callerWindows(limits, this.#call.caller, tokens);
    this.#models = modelWindows(limits, tokens);
    const impossible = impossibleFailure(own);
    if (impossible) throw impossible;
    const watched = [...this.#models.values()].flat().map((window) => ({ ...window, look: true }));
    const windows = [...own, ...watched];
    if (windows.length + this.#accounts.length === 0) return;
    const outcome = await this.#claim(windows, this.#shares(0, true));
    if (!outcome.granted) throw limitFailure(windows, outcome.windows) ?? stateAway();
    for (const window of own) this.#taken.push({ window, target: undefined });
  }

  /** Looks at the limits of models and at the budgets, and takes nothing. */
  async look(countTokens: (model: string) => number): Promise<void> {
    this.#models = modelWindows(this.#settings.limits, this.#tokens(countTokens));
    const windows = [...this.#models.values()].flat().map((window) => ({ ...window, look: true }));
    if (windows.length + this.#accounts.length > 0) await this.#claim(windows, this.#shares(0, true));
  }

  /** Why the target can't take the call; undefined where it can. */
  blockOf(target: Target, size: CallSize): AdmissionBlock | undefined {
    if (this.#entered.has(target.name)) return undefined;
    return this.#refused.get(target.name) ?? this.#limitBlock(target) ?? this.#budgetBlock(target, size);
  }

  /**
   * Takes what the target needs; false where it can't have it, and `blockOf` then says why. What another target before it had
   * set aside is free again, unless it has begun to answer: then it is paid as well.
   */
  async enter(target: Target, size: CallSize, { begun = false } = {}): Promise<boolean> {
    if (this.#entered.has(target.name)) return true;
    const known = this.#taken.map(({ window }) => window.name);
    const windows = this.#windowsOf(target).filter(({ name }) => !known.includes(name));
    const worst = this.#worst(target, size) ?? 0;
    const before = begun ? this.#setAside : 0;
    const amount = worst + before;
    if (windows.length === 0 && this.#accounts.length === 0) return true;
    const outcome = await this.#claim(windows, this.#shares(amount));
    if (!outcome.granted) {
      this.#refused.set(target.name, this.#limitBlock(target) ?? this.#budgetBlock(target, size, before) ?? awayBlock);
      return false;
    }
    this.#entered.add(target.name);
    for (const window of windows) this.#taken.push({ window, target: target.name });
    this.#hold(amount);
    return true;
  }

  /** What the client is told of the limits that are nearest, and of budgets that are half spent and more. */
  headers(): Record<string, string> {
    const known = [...this.#windowStates.values()];
    const telling = known.filter(
      ({ window, state }) => !window.look || (this.#entered.size === 0 && state.fitsInMs > 0),
    );
    const headers = limitHeaders(telling, this.#settings.now());
    const spent = this.#accounts.flatMap(({ name, label, limit }) => {
      const state = this.#accountStates.get(name);
      if (state === undefined || warningLevel(limit, state.spent) === undefined) return [];
      return [`${label} ${limit === 0 ? 100 : Math.floor((state.spent * 100) / limit)}%`];
    });
    if (spent.length > 0) headers['x-router-budget'] = spent.join(', ').replaceAll(/[^\x20-\x7e]/g, '?');
    return headers;
  }

  /** The call is over and billed: what it really took stays taken, the rest is free again. */
  settle(record: CallRecord): void {
    if (this.#settled) return;
    this.#settled = true;
    const { leases, store } = this.#settings;
    leases.end(this.#call.id);
    const spent = spentBy(record);
    const paid = this.#entered.size > 0 || spent > 0 ? this.#accounts : [];
    if (this.#taken.length + paid.length === 0) return;
    const windows = this.#taken.map(({ window, target }) => {
      const isOf = (name: string) => target === undefined || target === name;
      return { name: window.name, windowMs: window.windowMs, amount: takenBy(record, window, isOf) };
    });
    const accounts = paid.map(({ name, keptMs }) => ({ name, keptMs, amount: spent }));
    store.settle({ id: this.#call.id, windows, accounts }).then(
      (states) => this.#onSettled(paid.map((account, index) => ({ account, state: states[index]! }))),
      () => undefined,
    );
  }

  /** Prompt and answer in tokens, at most; counted only where a limit asks. */
  #tokens(countTokens: (model: string) => number): () => TokenDemand {
    let counted: TokenDemand | undefined;
    return () => {
      const { model, max_tokens: most } = this.#call.request;
      if (counted) return counted;
      const prompt = countTokens(model);
      counted = { prompt, most: prompt + (typeof most === 'number' && most > 0 ? Math.floor(most) : 0) };
      return counted;
    };
  }

  async #claim(windows: LimitWindow[], accounts: AccountShare[]): Promise<ClaimOutcome> {
    const outcome = await this.#settings.store.claim({ id: this.#call.id, windows, accounts, leaseMs });
    for (const [index, window] of windows.entries()) {
      const state = outcome.windows[index];
      if (state) this.#windowStates.set(window.name, { window, state });
    }
    for (const [index, { name }] of accounts.entries()) {
      const state = outcome.accounts[index];
      if (state) this.#accountStates.set(name, state);
    }
    return outcome;
  }

  #shares(amount: number, look = false): AccountShare[] {
    return this.#accounts.map(({ name, limit, keptMs }) => ({ name, limit, keptMs, amount, look }));
  }

  #hold(amount: number): void {
    const { leases } = this.#settings;
    this.#setAside = amount;
    const { id } = this.#call;
    if (amount === 0 || this.#accounts.length === 0) leases.end(id);
    else leases.keep({ id, accounts: this.#accounts.map(({ name, keptMs }) => ({ name, keptMs, amount })) });
  }

  #windowsOf(target: Target): LimitWindow[] {
    return limitNames(target).flatMap((name) => this.#models.get(name) ?? []);
  }

  #limitBlock(target: Target): AdmissionBlock | undefined {
    for (const window of this.#windowsOf(target)) {
      if (window.impossible) return { kind: 'limit', reason: limitReason(window), soft: false };
      const state = this.#windowStates.get(window.name)?.state;
      if (state === undefined || state.fitsInMs === 0) continue;
      return { kind: 'limit', reason: limitReason(window), soft: false, retryAfterSeconds: waitSeconds(state) };
    }
    return undefined;
  }

  /** `before` stays set aside for a target that has begun to answer. */
  #budgetBlock(target: Target, size: CallSize, before = 0): AdmissionBlock | undefined {
    if (this.#accounts.length === 0) return undefined;
    const { policy } = this.#settings;
    const worst = this.#worst(target, size);
    if (worst === null) {
      return policy.rejectUnknownPrice ? { kind: 'budget', reason: unknownPrice, soft: false } : undefined;
    }
    for (const account of this.#accounts) {
      const state = this.#accountStates.get(account.name);
      if (state === undefined || worst === 0) continue;
      if (state.spent + state.reserved - this.#setAside + before + worst <= account.limit) continue;
      return { kind: 'budget', reason: budgetReason(account, state, worst, policy.currency), soft: false };
    }
    return undefined;
  }

  #worst(target: Target, size: CallSize): number | null {
    const { model, abilities } = target;
    if (this.#accounts.length === 0) return 0;
    return worstCase(this.#settings.priceOf(target), size, { model, maxOutput: abilities.maxOutput });
  }
}

const unknownPrice = 'its price is not known, and calls of unknown price are refused';
const awayBlock: AdmissionBlock = {
  kind: 'limit',
  reason: 'the shared state that counts its calls is away',
  soft: false,
  retryAfterSeconds: 1,
};

function stateAway(): Failure {
  return new Failure('state-away', 'limits and budgets cannot be checked now: the shared state is away', {
    retryAfterSeconds: 1,
  });
}
