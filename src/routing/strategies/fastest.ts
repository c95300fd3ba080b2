import { byNumber, type Strategy } from './strategy.ts';

/** The shortest time to the first output first. One that is not measured yet is tried before those that are. */
export const fastest: Strategy = (members, { turn, latencyMs }) => {
  return byNumber(members, turn, ({ target }) => latencyMs(target) ?? 0);
};
