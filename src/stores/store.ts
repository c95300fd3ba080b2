/** A limit on how much may happen in any span of `windowMs`: an event counts from its moment until `windowMs` later, exactly. */
export interface WindowShare {
  name: string;
  limit: number;
  windowMs: number;
  /** How much of it is wanted; at most the limit. */
  amount: number;
  /** Only looked at: nothing is taken, and a lack of room refuses nothing. */
  look?: boolean;
}

/** An account of what was spent against a limit, in whole numbers; money is micro-dollars. */
export interface AccountShare {
  name: string;
  limit: number;
  /** How much is set aside until it is settled; 0 is always granted. */
  amount: number;
  /** How long the account is kept after its last change. */
  keptMs: number;
  look?: boolean;
  last?: LastKnown;
}

/** What was last known of an account: where its store lost it since, the new one is raised to what was spent. */
export interface LastKnown {
  born: string;
  spent: number;
}

export interface WindowState {
  used: number;
  /** Until the amount wanted has room; 0 where it has. */
  fitsInMs: number;
  /** Until nothing of it is used. */
  emptyInMs: number;
}

export interface AccountState {
  spent: number;
  /** Set aside by calls on their way. */
  reserved: number;
  /** Tells an account from another of the same name, made after its store lost the first. */
  born: string;
}

/** Shares of windows and accounts, wanted all together or not at all. */
export interface Claim {
  /** Unique among all processes. One that has set something aside in an account sets this amount aside instead. */
  id: string;
  windows: WindowShare[];
  accounts: AccountShare[];
  /** What is set aside and neither settled nor renewed in that time counts as spent. */
  leaseMs: number;
}

export interface ClaimOutcome {
  granted: boolean;
  /** After what was taken, in the order of the claim. Empty where `away` and not granted. */
  windows: WindowState[];
  accounts: AccountState[];
  /** The shared state could not be asked: the answer is this process's own. */
  away?: true;
}

/** What a claim came to. Heard once; a second time changes nothing. */
export interface Settlement {
  id: string;
  /** The real amount, in place of the wanted one; 0 gives it back. */
  windows: { name: string; windowMs: number; amount: number }[];
  /** The real amount, spent; the rest of what was set aside is free again. */
  accounts: { name: string; amount: number; keptMs: number; last?: LastKnown }[];
}

/** What a call on its way has set aside. */
export interface Lease {
  id: string;
  accounts: { name: string; amount: number; keptMs: number }[];
}

/** Something that all processes shall know within a second: a circuit that opened, a key that was made or revoked. */
export interface Mark {
  name: string;
  value: string;
}

/**
 * What calls share: limits, budgets, marks, small values. Every operation is atomic and takes and gives plain data, so that
 * it can live in this process, in another, or in Redis; and it has its own clock, so that processes agree on the time.
 */
export interface Store {
  /** True where other processes see the same. */
  readonly shared: boolean;
  /** True while it can't be asked: each process goes on by itself. */
  readonly away: boolean;
  claim(claim: Claim): Promise<ClaimOutcome>;
  /** The accounts as they are then, in the order of the settlement. */
  settle(settlement: Settlement): Promise<AccountState[]>;
  /** Keeps what is set aside for another `leaseMs`. */
  renew(leases: readonly Lease[], leaseMs: number): Promise<void>;
  get(name: string): Promise<string | undefined>;
  set(name: string, value: string, ttlMs: number): Promise<void>;
  mark(topic: string, mark: Mark, ttlMs: number): Promise<void>;
  /** The marks of a topic that were set or changed after `version`; 0 asks for all that last. */
  marksSince(topic: string, version: number): Promise<{ version: number; marks: Mark[] }>;
  close(): Promise<void>;
}

/** How long a settlement that comes twice is recognised. */
export const settledForMs = 600_000;
