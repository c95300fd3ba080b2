import type { Member, Strategy } from './strategy.ts';

/** At random by the weights, then the others at random in the same way; the same number gives the same order. */
export const random: Strategy = (members, moment) => {
  const left = [...members];
  const order: Member[] = [];
  let number = moment.random;
  while (left.length > 0) {
    const [chosen] = left.splice(indexAt(left, number), 1);
    order.push(chosen!);
    number = (number * 9301 + 0.49297) % 1;
  }
  return order;
};

function indexAt(members: readonly Member[], number: number): number {
  const total = members.reduce((sum, { weight }) => sum + weight, 0);
  if (!(total > 0)) return Math.min(members.length - 1, Math.floor(number * members.length));
  let point = number * total;
  const index = members.findIndex(({ weight }) => {
    point -= weight;
    return point < 0;
  });
  return index === -1 ? members.length - 1 : index;
}
