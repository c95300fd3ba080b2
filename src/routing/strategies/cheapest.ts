import { byNumber, type Strategy } from './strategy.ts';

/** The lowest price of this call first, what a warm prompt cache saves included. An unknown price is never the lowest. */
export const cheapest: Strategy = (members, { turn, priceUsd }) => {
  return byNumber(members, turn, ({ target }) => priceUsd(target) ?? Number.MAX_VALUE);
};
