import type { Target } from '../../providers/target.ts';

/** A target of a pool and its share. */
export interface Member {
  target: Target;
  /** 0 or more; of no meaning but in proportion to the others'. */
  weight: number;
}

/** What a strategy may look at. */
export interface Moment {
  /** How many times the pool has been asked before. */
  turn: number;
  /** 0 to 1. */
  random: number;
  inFlight(target: Target): number;
  latencyMs(target: Target): number | undefined;
  /** What the call would cost there, with what it would lose of a warm prompt cache; undefined where that is not known. */
  priceUsd(target: Target): number | undefined;
}

/** Orders the members that can take a call: the first answers, the others follow when it fails. Never adds or drops one. */
export type Strategy = (members: readonly Member[], moment: Moment) => Member[];

/** The members beginning with another one each turn: what decides between equals. */
export function rotated(members: readonly Member[], turn: number): Member[] {
  const start = members.length === 0 ? 0 : turn % members.length;
  return [...members.slice(start), ...members.slice(0, start)];
}

/** In the order of a number, lowest first; equals take turns. */
export function byNumber(members: readonly Member[], turn: number, numberOf: (member: Member) => number): Member[] {
  return rotated(members, turn)
    .map((member) => ({ member, value: numberOf(member) }))
    .sort((a, b) => (a.value === b.value ? 0 : a.value - b.value))
    .map(({ member }) => member);
}
