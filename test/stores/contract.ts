import fc from 'fast-check';
import { beforeEach, expect, it } from 'vitest';
import type { AccountShare, Claim, Store, WindowShare } from '../../src/stores/store.ts';

/** A clock that the test moves. */
export interface Clock {
  at: number;
}

const start = 1_790_000_000_000;
const leaseMs = 60_000;
const day = 86_400_000;
let made = 0;
const unique = (name: string) => `${name}-${process.pid}-${++made}`;

const window = (name: string, more: Partial<WindowShare> = {}): WindowShare => {
  return { name, limit: 3, windowMs: 1000, amount: 1, ...more };
};
const account = (name: string, more: Partial<AccountShare> = {}): AccountShare => {
  return { name, limit: 100, amount: 40, keptMs: day, ...more };
};
const claimOf = (windows: WindowShare[], accounts: AccountShare[] = [], id = unique('call')): Claim => {
  return { id, windows, accounts, leaseMs };
};

/** What every store does, whatever it is made of. */
export function storeContract(open: (clock: Clock) => Store, runs: number, { marks = true } = {}): void {
  const clock: Clock = { at: start };
  const store = open(clock);
  const grant = async (windows: WindowShare[], accounts: AccountShare[] = [], id?: string) =>
    store.claim(claimOf(windows, accounts, id));
  const stateOf = async (name: string) => (await grant([], [account(name, { look: true })])).accounts[0];

  beforeEach(() => {
    clock.at += 10 * day;
  });

  it('grants a window up to its limit, and tells when there is room again', async () => {
    const name = unique('window');
    const answers = [];
    for (const wait of [0, 100, 100, 100]) {
      clock.at += wait;
      answers.push(await grant([window(name)]));
    }
    expect(answers.map(({ granted }) => granted)).toEqual([true, true, true, false]);
    expect(answers[1]!.windows).toEqual([{ used: 2, fitsInMs: 0, emptyInMs: 1000 }]);
    expect(answers[3]!.windows).toEqual([{ used: 3, fitsInMs: 700, emptyInMs: 900 }]);
    clock.at += 699;
    expect((await grant([window(name)])).granted).toBe(false);
    clock.at += 1;
    expect((await grant([window(name)])).granted).toBe(true);
  });

  it('takes of all windows and accounts or of none', async () => {
    const [free, full, money] = [unique('free'), unique('full'), unique('money')];
    await grant([window(full, { limit: 1 })]);
    const refused = await grant([window(free), window(full, { limit: 1 })], [account(money)]);
    expect(refused.granted).toBe(false);
    const looked = await grant([window(free, { look: true })], [account(money, { look: true })]);
    expect(looked.windows[0]).toMatchObject({ used: 0, emptyInMs: 0 });
    expect(looked.accounts).toMatchObject([{ spent: 0, reserved: 0 }]);
    expect((await grant([window(free)], [account(money, { amount: 101 })])).granted).toBe(false);
    expect((await grant([window(free, { look: true })])).windows[0]!.used).toBe(0);
  });

  it('looks at a window without taking of it, and is not refused by it', async () => {
    const [full, other] = [unique('full'), unique('other')];
    await grant([window(full, { limit: 1 })]);
    const answer = await grant([window(other), window(full, { limit: 1, look: true })]);
    expect(answer).toMatchObject({ granted: true, windows: [{ used: 1 }, { used: 1, fitsInMs: 1000 }] });
  });

  it('corrects what was taken of a window, and gives it back', async () => {
    const name = unique('tokens');
    const tokens = (amount: number) => window(name, { limit: 100, amount });
    await grant([tokens(80)], [], 'first');
    expect((await grant([tokens(30)])).granted).toBe(false);
    await store.settle({ id: 'first', windows: [{ name, windowMs: 1000, amount: 60 }], accounts: [] });
    expect((await grant([tokens(30)], [], 'second')).windows[0]!.used).toBe(90);
    await store.settle({ id: 'second', windows: [{ name, windowMs: 1000, amount: 0 }], accounts: [] });
    expect((await grant([{ ...tokens(40), look: true }])).windows[0]).toMatchObject({ used: 60, fitsInMs: 0 });
    clock.at += 1000;
    await store.settle({ id: 'first', windows: [{ name, windowMs: 1000, amount: 5 }], accounts: [] });
    expect((await grant([{ ...tokens(40), look: true }])).windows[0]!.used).toBe(0);
  });

  it('waits for as much as is wanted to slide out', async () => {
    const name = unique('tokens');
    const tokens = (amount: number) => window(name, { limit: 100, amount });
    for (const amount of [10, 20, 70]) {
      await grant([tokens(amount)]);
      clock.at += 100;
    }
    expect((await grant([tokens(25)])).windows[0]!.fitsInMs).toBe(800);
    expect((await grant([tokens(100)])).windows[0]!.fitsInMs).toBe(900);
  });

  it('sets money aside until it is settled, and frees the rest', async () => {
    const name = unique('money');
    expect((await grant([], [account(name)], `${name}1`)).accounts).toMatchObject([{ spent: 0, reserved: 40 }]);
    expect((await grant([], [account(name)], `${name}2`)).granted).toBe(true);
    expect(await grant([], [account(name)])).toMatchObject({ granted: false, accounts: [{ spent: 0, reserved: 80 }] });
    const states = await store.settle({ id: `${name}1`, windows: [], accounts: [{ name, amount: 7, keptMs: day }] });
    expect(states).toMatchObject([{ spent: 7, reserved: 40 }]);
    expect((await grant([], [account(name)])).granted).toBe(true);
  });

  it('sets another amount aside in place of the first for the same call', async () => {
    const name = unique('money');
    await grant([], [account(name)], name);
    expect((await grant([], [account(name, { amount: 100 })], name)).accounts).toMatchObject([{ reserved: 100 }]);
    expect((await grant([], [account(name, { amount: 101 })], name)).granted).toBe(false);
    expect((await grant([], [account(name, { amount: 0 })], name)).accounts).toMatchObject([{ reserved: 0 }]);
    clock.at += leaseMs;
    expect(await stateOf(name)).toMatchObject({ spent: 0, reserved: 0 });
  });

  it('grants what costs nothing, also where nothing is left', async () => {
    const name = unique('money');
    await store.settle({ id: unique('call'), windows: [], accounts: [{ name, amount: 500, keptMs: day }] });
    expect((await grant([], [account(name, { amount: 1 })])).granted).toBe(false);
    expect((await grant([], [account(name, { amount: 0 })])).granted).toBe(true);
  });

  it('hears a settlement once', async () => {
    const name = unique('money');
    await grant([], [account(name)], name);
    const settlement = { id: name, windows: [], accounts: [{ name, amount: 12, keptMs: day }] };
    await store.settle(settlement);
    expect(await store.settle(settlement)).toMatchObject([{ spent: 12, reserved: 0 }]);
  });

  it('counts as spent what was set aside and never settled; a late settlement corrects that', async () => {
    const name = unique('money');
    await grant([], [account(name)], name);
    clock.at += leaseMs - 1;
    expect(await stateOf(name)).toMatchObject({ spent: 0, reserved: 40 });
    clock.at += 1;
    expect(await stateOf(name)).toMatchObject({ spent: 40, reserved: 0 });
    const states = await store.settle({ id: name, windows: [], accounts: [{ name, amount: 9, keptMs: day }] });
    expect(states).toMatchObject([{ spent: 9, reserved: 0 }]);
  });

  it('keeps what is renewed, also where it was given up already or lost, but not what is settled', async () => {
    const name = unique('money');
    const lease = { id: name, accounts: [{ name, amount: 40, keptMs: day }] };
    await grant([], [account(name)], name);
    clock.at += leaseMs - 1;
    await store.renew([lease], leaseMs);
    clock.at += leaseMs - 1;
    expect(await stateOf(name)).toMatchObject({ spent: 0, reserved: 40 });
    clock.at += leaseMs;
    expect(await stateOf(name)).toMatchObject({ spent: 40, reserved: 0 });
    await store.renew([lease], leaseMs);
    expect(await stateOf(name)).toMatchObject({ spent: 0, reserved: 40 });
    await store.settle({ id: name, windows: [], accounts: [{ name, amount: 3, keptMs: day }] });
    await store.renew([lease], leaseMs);
    expect(await stateOf(name)).toMatchObject({ spent: 3, reserved: 0 });
    const lost = { id: unique('lost'), accounts: [{ name, amount: 5, keptMs: day }] };
    await store.renew([lost], leaseMs);
    expect(await stateOf(name)).toMatchObject({ spent: 3, reserved: 5 });
  });

  it('raises an account that is another than the one that was last known, and never lowers it', async () => {
    const name = unique('money');
    const look = async (born: string, spent: number) => {
      return (await grant([], [account(name, { look: true, last: { born, spent } })])).accounts[0]!;
    };
    expect(await look('lost', 30)).toMatchObject({ spent: 30, reserved: 0 });
    const { born } = await look('lost', 20);
    expect(await look(born, 90)).toMatchObject({ spent: 30 });
    const share = { name, amount: 1, keptMs: day, last: { born: 'lost', spent: 50 } };
    expect(await store.settle({ id: unique('call'), windows: [], accounts: [share] })).toMatchObject([{ spent: 51 }]);
  });

  it('counts large amounts exactly', async () => {
    const name = unique('money');
    const most = 90_000_000_000_000;
    const share = account(name, { limit: most, amount: 44_999_999_999_999 });
    await grant([], [share], `${name}1`);
    expect((await grant([], [share])).accounts).toMatchObject([{ spent: 0, reserved: 89_999_999_999_998 }]);
  });

  it('keeps values for their time', async () => {
    const name = unique('value');
    expect(await store.get(name)).toBeUndefined();
    await store.set(name, 'kept', 5000);
    expect(await store.get(name)).toBe('kept');
  });

  it.runIf(marks)('tells marks once, the changed ones again, and all that last to who asks anew', async () => {
    const topic = unique('topic');
    expect(await store.marksSince(topic, 0)).toEqual({ version: 0, marks: [] });
    await store.mark(topic, { name: 'a', value: '1' }, 1000);
    await store.mark(topic, { name: 'b', value: '1' }, 60_000);
    const first = await store.marksSince(topic, 0);
    expect(first.marks).toEqual([
      { name: 'a', value: '1' },
      { name: 'b', value: '1' },
    ]);
    expect((await store.marksSince(topic, first.version)).marks).toEqual([]);
    await store.mark(topic, { name: 'a', value: '2' }, 1000);
    expect((await store.marksSince(topic, first.version)).marks).toEqual([{ name: 'a', value: '2' }]);
    clock.at += 1000;
    expect((await store.marksSince(topic, 0)).marks).toEqual([{ name: 'b', value: '1' }]);
    expect((await store.marksSince(topic, 999)).marks).toEqual([{ name: 'b', value: '1' }]);
  });

  it('never has more than the limit in any span of a window, refuses only what does not fit, and tells its wait exactly', async () => {
    const step = fc.record({
      wait: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 }), fc.constant(100)),
      amount: fc.integer({ min: 1, max: 5 }),
      corrected: fc.option(fc.integer({ min: 0, max: 5 })),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const [name, windowMs, limit] = [unique('any'), 100, 7];
        const taken: { at: number; amount: number }[] = [];
        clock.at += day;
        for (const { wait, amount, corrected } of steps) {
          clock.at += wait;
          const share = window(name, { limit, windowMs, amount });
          const usedAt = (at: number) =>
            taken.filter((each) => each.at > at - windowMs).reduce((sum, each) => sum + each.amount, 0);
          const fits = usedAt(clock.at) + amount <= limit;
          const id = unique('call');
          const answer = await grant([share], [], id);
          expect(answer.granted).toBe(fits);
          const wanted = answer.windows[0]!.fitsInMs;
          if (!fits) {
            expect(usedAt(clock.at + wanted) + amount).toBeLessThanOrEqual(limit);
            expect(usedAt(clock.at + wanted - 1) + amount).toBeGreaterThan(limit);
            continue;
          }
          const entry = { at: clock.at, amount };
          taken.push(entry);
          if (corrected === null || corrected > amount) continue;
          entry.amount = corrected;
          await store.settle({ id, windows: [{ name, windowMs, amount: corrected }], accounts: [] });
        }
        for (const { at } of taken) {
          const span = taken.filter((each) => each.at >= at && each.at < at + windowMs);
          expect(span.reduce((sum, { amount }) => sum + amount, 0)).toBeLessThanOrEqual(limit);
        }
      }),
      { numRuns: runs },
    );
  });

  it('never lets money that is spent and set aside pass the limit, and loses none of it, whatever happens', async () => {
    const step = fc.record({
      wait: fc.constantFrom(0, 1, leaseMs / 2, leaseMs),
      what: fc.constantFrom('claim', 'claim', 'settle', 'renew', 'settle-again'),
      amount: fc.integer({ min: 0, max: 60 }),
      part: fc.integer({ min: 0, max: 100 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const name = unique('model');
        const model = new AccountModel(100);
        clock.at += day;
        for (const { wait, what, amount, part } of steps) {
          clock.at += wait;
          model.expire(clock.at);
          if (what === 'claim') {
            const id = unique('call');
            const answer = await grant([], [account(name, { amount })], id);
            expect(answer.granted).toBe(model.claim(id, amount, clock.at + leaseMs));
            expect(answer.accounts[0]).toMatchObject(model.state);
            continue;
          }
          const call = model.pick(part, what === 'settle-again');
          if (!call) continue;
          if (what === 'renew') {
            model.renew(call.id, clock.at + leaseMs);
            await store.renew(
              [{ id: call.id, accounts: [{ name, amount: call.amount, keptMs: 1000 * day }] }],
              leaseMs,
            );
          } else {
            const real = Math.floor((call.amount * part) / 100);
            if (what === 'settle') model.settle(call.id, real);
            await store.settle({ id: call.id, windows: [], accounts: [{ name, amount: real, keptMs: 1000 * day }] });
          }
          expect(await stateOf(name)).toMatchObject(model.state);
        }
      }),
      { numRuns: runs },
    );
  });
}

/** An account as it should be. */
class AccountModel {
  readonly #limit: number;
  readonly #calls: { id: string; amount: number; until: number; real: number | undefined }[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  get state() {
    const sum = (amounts: number[]) => amounts.reduce((total, amount) => total + amount, 0);
    return {
      spent: sum(this.#calls.map(({ real, until, amount }) => real ?? (until === 0 ? amount : 0))),
      reserved: sum(this.#calls.map(({ real, until, amount }) => (real === undefined && until > 0 ? amount : 0))),
    };
  }

  expire(now: number): void {
    for (const call of this.#calls) if (call.until <= now) call.until = 0;
  }

  claim(id: string, amount: number, until: number): boolean {
    const { spent, reserved } = this.state;
    if (amount > 0 && spent + reserved + amount > this.#limit) return false;
    if (amount > 0) this.#calls.push({ id, amount, until, real: undefined });
    return true;
  }

  pick(part: number, settled: boolean) {
    const among = this.#calls.filter(({ real }) => (real !== undefined) === settled);
    return among[Math.floor((part * among.length) / 101)];
  }

  renew(id: string, until: number): void {
    for (const call of this.#calls) if (call.id === id) call.until = until;
  }

  settle(id: string, real: number): void {
    for (const call of this.#calls) if (call.id === id) call.real = real;
  }
}
