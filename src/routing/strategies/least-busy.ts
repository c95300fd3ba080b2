import { byNumber, type Strategy } from './strategy.ts';

/** The fewest calls on their way first, in proportion to the weights. */
export const leastBusy: Strategy = (members, { turn, inFlight }) => {
  return byNumber(members, turn, ({ target, weight }) => (weight > 0 ? inFlight(target) / weight : Number.MAX_VALUE));
};
