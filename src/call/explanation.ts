/** Why a call goes where it goes. It holds no time and no random id: the same inputs give the same bytes. */
export interface Explanation {
  /** The model that is tried first; null where none can take the call. */
  winner: { model: string; provider: string } | null;
  /** The rule that decided, or the step. */
  rule: string;
  reason: string;
  /** Every question in the order they are asked, and why it did or did not decide. */
  steps: { step: string; name?: string; matched: boolean; why: string }[];
  /** In the order they are tried; those that are set aside say why. */
  candidates: ExplainedCandidate[];
  facts: Record<string, unknown>;
}

export interface ExplainedCandidate {
  model: string;
  provider: string | null;
  /** Estimated, in US dollars; null where the price is not known. */
  priceUsd: number | null;
  /** Why it can't take the call. */
  refused?: string;
}
