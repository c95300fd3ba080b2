import type { Member, Strategy } from './strategy.ts';

/** The longest cycle of turns; finer shares are rounded to it. */
const longestCycle = 1000;
const mostCycles = 100;

/**
 * Smooth weighted round robin: in every cycle each member comes exactly by its share, spread evenly (0.4, 0.4 and 0.2 come
 * twice, twice and once in any five turns). The order depends on the turn alone. Members of weight 0 come last.
 */
export function smoothWeighted(): Strategy {
  const ofList = new WeakMap<readonly Member[], number[]>();
  const ofSome = new Map<string, number[]>();
  return (members, { turn }) => {
    let cycle = ofList.get(members);
    if (cycle === undefined) {
      cycle = cycleOfSome(ofSome, members);
      ofList.set(members, cycle);
    }
    return orderFrom(cycle, turn, members);
  };
}

/** While some members can't take calls, each call brings the rest in another list. */
function cycleOfSome(known: Map<string, number[]>, members: readonly Member[]): number[] {
  const key = members.map(({ target, weight }) => `${target.name}\u0000${weight}`).join('\u0001');
  const cycle = known.get(key) ?? cycleOf(wholeShares(members.map(({ weight }) => weight)));
  if (known.size >= mostCycles) known.clear();
  known.set(key, cycle);
  return cycle;
}

/** The smallest whole numbers in the proportion of the weights. Where all are 0, all are equal. */
export function wholeShares(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0) || !Number.isFinite(total)) return weights.map(() => 1);
  for (let size = 1; size <= longestCycle; size += 1) {
    const shares = weights.map((weight) => (weight / total) * size);
    if (shares.every((share) => Math.abs(share - Math.round(share)) < 1e-9)) return shares.map(Math.round);
  }
  // A weight too small for the cycle still comes once in it.
  return weights.map((weight) => (weight === 0 ? 0 : Math.max(1, Math.round((weight / total) * longestCycle))));
}

/** Which member's turn it is, for each turn of a cycle: each gains its share every turn, and the richest pays for all. */
function cycleOf(shares: readonly number[]): number[] {
  const total = shares.reduce((sum, share) => sum + share, 0);
  const held = shares.map(() => 0);
  return Array.from({ length: total }, () => {
    let richest = -1;
    shares.forEach((share, index) => {
      held[index]! += share;
      if (share > 0 && (richest === -1 || held[index]! > held[richest]!)) richest = index;
    });
    held[richest]! -= total;
    return richest;
  });
}

/** The member whose turn it is, then those that come next in the cycle, then those that never come. */
function orderFrom(cycle: readonly number[], turn: number, members: readonly Member[]): Member[] {
  const order = new Set<Member>();
  for (let step = 0; step < cycle.length && order.size < members.length; step += 1) {
    order.add(members[cycle[(turn + step) % cycle.length]!]!);
  }
  for (const member of members) order.add(member);
  return [...order];
}
