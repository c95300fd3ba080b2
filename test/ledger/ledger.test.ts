import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { CallRecord } from '../../src/call/record.ts';
import { noSeal, type Seal } from '../../src/ledger/engine.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { type LedgerSettings, openLedger } from '../../src/ledger/open-ledger.ts';
import { AtRest } from '../../src/secrets/at-rest.ts';
import { MasterKeys } from '../../src/secrets/master-keys.ts';
import { SecretBox } from '../../src/secrets/secret-box.ts';
import { type Postgres, postgresPrograms, startPostgres } from '../support/postgres.ts';
import { attemptOf, recordOf, usageOf } from './records.ts';

const programs = postgresPrograms();
let folder: string;
let postgres: Postgres | undefined;
let databases = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ledger-'));
  if (programs) postgres = await startPostgres(programs);
}, 60_000);

afterAll(async () => {
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Engine {
  name: string;
  /** The address of an empty ledger. */
  fresh(): Promise<string>;
}

const engines: Engine[] = [
  { name: 'SQLite', fresh: async () => `sqlite:${join(folder, `ledger-${++databases}.db`)}` },
  ...(programs ? [{ name: 'PostgreSQL', fresh: () => newDatabase(`ledger_${++databases}`) }] : []),
];

async function newDatabase(name: string): Promise<string> {
  const { default: pg } = await import('pg');
  const client = new pg.Client(postgres!.url);
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  return postgres!.url.replace(/postgres$/, name);
}

function opened(url: string, more: Partial<LedgerSettings> = {}): { ledger: Ledger; said: string[] } {
  const said: string[] = [];
  const ledger = openLedger({
    ...{ url, directory: folder, seal: noSeal, now: () => 0 },
    report: (message, fields) => said.push(`${message} ${JSON.stringify(fields)}`),
    ...more,
  });
  return { ledger, said };
}

const always = { since: 0, until: 10 ** 14 };
const day = 86_400_000;

describe.each(engines)('the ledger in $name', ({ name, fresh }) => {
  let url: string;
  let ledger: Ledger;
  let said: string[];

  beforeEach(async () => {
    url = await fresh();
    ({ ledger, said } = opened(url));
  });

  afterEach(() => ledger.close());

  const addAll = (...records: CallRecord[]) => {
    for (const record of records) ledger.add(record);
  };
  const total = async (of = ledger) => (await of.totals(always))[0]!;

  it('gives back a record as it was added', async () => {
    const record = recordOf({
      sessionId: 'session-1',
      stream: true,
      firstOutputMs: 12.5,
      stopReason: 'end_turn',
      warnings: ['top_k dropped: not supported'],
      failure: { kind: 'upstream-cut', message: 'it broke' },
    });
    addAll(record);
    expect(await ledger.call(record.id)).toEqual(record);
    expect(await ledger.calls({ ...always, limit: 10 })).toEqual([record]);
    expect(await ledger.call('req_of_nobody')).toBeUndefined();
  });

  it('counts nothing where nothing was', async () => {
    expect(await ledger.totals(always)).toEqual([
      {
        group: null,
        requests: { total: 0, succeeded: 0, failed: 0, cached: 0, refused: 0 },
        tokens: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
        cost: { microUsd: 0, savedMicroUsd: 0, unknownPriceCalls: 0 },
      },
    ]);
    expect(await ledger.totals(always, 'model')).toEqual([]);
    expect(await ledger.models(always)).toEqual([]);
    const none = { p50: null, p95: null, p99: null };
    expect(await ledger.performance(always)).toEqual([
      { group: null, requests: 0, firstStartedAt: null, latencyMs: none, firstOutputMs: none },
    ]);
  });

  it('counts calls by how they ended', async () => {
    addAll(
      recordOf(),
      recordOf({ cache: 'hit', attempts: [], costMicroUsd: 0, savedMicroUsd: 40 }),
      recordOf({
        outcome: 'failed',
        attempts: [attemptOf({ outcome: 'failed', usage: undefined, costMicroUsd: undefined })],
      }),
      recordOf({ outcome: 'refused', model: undefined, provider: undefined, attempts: [], costMicroUsd: 0 }),
      recordOf({ outcome: 'cancelled' }),
    );
    const { requests, cost } = await total();
    expect(requests).toEqual({ total: 5, succeeded: 2, failed: 1, cached: 1, refused: 1 });
    expect(cost).toEqual({ microUsd: 30, savedMicroUsd: 40, unknownPriceCalls: 0 });
  });

  it('adds up every leg of a call, each at its own model', async () => {
    const legs = [
      attemptOf({
        target: 'slow',
        provider: 'two',
        outcome: 'failed',
        usage: usageOf(100, 1, 7, 3),
        costMicroUsd: 1000,
      }),
      attemptOf({ usage: usageOf(10, 5), costMicroUsd: 15 }),
    ];
    addAll(recordOf({ attempts: legs, costMicroUsd: 1015 }));
    expect(await total()).toMatchObject({
      tokens: { input: 110, output: 6, cacheRead: 7, cacheWrite: 3 },
      cost: { microUsd: 1015 },
    });
    const models = await ledger.models(always);
    expect(
      models.map(({ model, requests, cost, errorRate }) => [model, requests, cost.microUsd, errorRate]).sort(),
    ).toEqual([
      ['fast', 1, 15, 0],
      ['slow', 1, 1000, 1],
    ]);
    const groups = await ledger.totals(always, 'provider');
    expect(groups.map(({ group, requests, cost }) => [group, requests.total, cost.microUsd])).toEqual([
      ['one', 1, 15],
      ['two', 0, 1000],
    ]);
  });

  it('counts calls without a known price apart, and never as free', async () => {
    const unknown = { costMicroUsd: null, savedMicroUsd: null };
    const free = attemptOf({ target: 'strange', provider: 'two', costMicroUsd: null });
    addAll(
      recordOf(),
      recordOf({ ...unknown, attempts: [free] }),
      recordOf({ ...unknown, attempts: [free, attemptOf()] }),
    );
    expect((await total()).cost).toEqual({ microUsd: 30, savedMicroUsd: 0, unknownPriceCalls: 2 });
    const byModel = await ledger.totals(always, 'model');
    expect(byModel.map(({ group, cost }) => [group, cost.microUsd, cost.unknownPriceCalls])).toEqual([
      ['fast', 30, 0],
      ['strange', null, 2],
    ]);
    const strange = (await ledger.models(always)).find(({ model }) => model === 'strange');
    expect(strange!.cost).toEqual({ microUsd: null, unknownPriceCalls: 2 });
  });

  it('counts an answer without any usage as one of unknown price', async () => {
    addAll(
      recordOf({
        usage: undefined,
        costMicroUsd: null,
        attempts: [attemptOf({ usage: undefined, costMicroUsd: undefined })],
      }),
    );
    expect((await total()).cost).toEqual({ microUsd: null, savedMicroUsd: 0, unknownPriceCalls: 1 });
  });

  it('counts tries of one model in one call once, and a stream that broke as its failure', async () => {
    const refused = attemptOf({ outcome: 'failed', usage: undefined, costMicroUsd: undefined });
    addAll(recordOf({ attempts: [refused, attemptOf()] }), recordOf({ outcome: 'failed' }), recordOf(), recordOf());
    const [model] = await ledger.models(always);
    expect([model!.requests, model!.errorRate]).toEqual([4, 0.25]);
  });

  it.each([
    ['model', ['fast', 'other']],
    ['provider', ['one', 'two']],
    ['key', ['anna', 'ben']],
    ['session', [null, 's-1']],
    ['rule', ['default', 'night']],
    ['day', ['1970-01-01', '1970-01-02']],
    ['hour', ['1970-01-01T00:00:00Z', '1970-01-02T03:00:00Z']],
  ] as const)('groups by %s', async (groupBy, groups) => {
    const other = {
      ...{
        startedAt: day + 3 * 3_600_000 + 5,
        caller: 'ben',
        sessionId: 's-1',
        rule: 'night',
        model: 'other',
        provider: 'two',
      },
      attempts: [attemptOf({ target: 'other', provider: 'two', costMicroUsd: 7 })],
    };
    addAll(recordOf({ caller: 'anna' }), recordOf({ caller: 'anna' }), recordOf(other));
    const totals = await ledger.totals(always, groupBy);
    expect(totals.map(({ group, requests, cost }) => [group, requests.total, cost.microUsd])).toEqual([
      [groups[0], 2, 30],
      [groups[1], 1, 7],
    ]);
    expect((await ledger.performance(always, groupBy)).map(({ group, requests }) => [group, requests])).toEqual([
      [groups[0], 2],
      [groups[1], 1],
    ]);
    expect((await ledger.models(always, groupBy)).map(({ group, model }) => [group, model]).sort()).toEqual(
      [
        [groups[0], 'fast'],
        [groups[1], 'other'],
      ].sort(),
    );
  });

  it('looks at the calls that began in the time, its end excluded', async () => {
    addAll(...[10, 20, 30].map((startedAt) => recordOf({ startedAt })));
    const counts = await Promise.all(
      [
        [10, 30],
        [11, 31],
        [31, 40],
      ].map(async ([since, until]) => {
        return (await ledger.totals({ since: since!, until: until! }))[0]!.requests.total;
      }),
    );
    expect(counts).toEqual([2, 2, 0]);
  });

  it('takes percentiles by nearest rank, of the calls that succeeded', async () => {
    addAll(
      ...Array.from({ length: 100 }, (_, index) => recordOf({ durationMs: index + 1, firstOutputMs: 1000 + index })),
    );
    addAll(
      recordOf({ durationMs: 10 ** 6, outcome: 'failed' }),
      recordOf({ durationMs: 0, cache: 'hit', attempts: [] }),
    );
    const [all] = await ledger.performance(always);
    expect(all!.latencyMs).toEqual({ p50: 50, p95: 95, p99: 99 });
    expect(all!.firstOutputMs).toEqual({ p50: 1049, p95: 1094, p99: 1098 });
    const [model] = await ledger.models(always);
    expect(model!.latencyMs).toEqual({ p50: 50, p95: 95, p99: 99 });
  });

  it('lists the newest calls first, as many as asked for and as they are asked for', async () => {
    addAll(...[1, 2, 3, 4].map((startedAt) => recordOf({ startedAt, caller: startedAt % 2 ? 'odd' : 'even' })));
    const starts = async (more: object) =>
      (await ledger.calls({ ...always, limit: 10, ...more })).map((call) => call.startedAt);
    expect(await starts({})).toEqual([4, 3, 2, 1]);
    expect(await starts({ limit: 2 })).toEqual([4, 3]);
    expect(await starts({ key: 'odd' })).toEqual([3, 1]);
    expect(await starts({ model: "x' OR 1=1 --" })).toEqual([]);
  });

  it('is not spoilt by a count that no reply can have', async () => {
    const legs = [attemptOf({ usage: usageOf(1e300, Number.NaN, -4, 2.6), costMicroUsd: 1e300 })];
    addAll(recordOf({ attempts: legs }), recordOf());
    expect((await total()).tokens).toEqual({ input: 1e15 + 10, output: 5, cacheRead: 0, cacheWrite: 3 });
    expect((await total()).cost.microUsd).toBe(1e15 + 15);
    expect(ledger.lost).toBe(0);
  });

  it('keeps bodies only as they were sealed', async () => {
    const seal: Seal = {
      seal: (bytes) => Buffer.from(bytes.map((byte) => byte ^ 0x55)),
      open: (bytes) => Buffer.from(bytes.map((byte) => byte ^ 0x55)),
    };
    const { ledger: sealed } = opened(url, { seal });
    const bodies = { request: Buffer.from('{"secret":"ä"}'), reply: Buffer.from([0, 1, 255]), truncated: true };
    const record = recordOf({ bodies });
    sealed.add(record);
    expect(await sealed.call(record.id)).toEqual(record);
    expect((await sealed.calls({ ...always, limit: 1 }))[0]).not.toHaveProperty('bodies');
    await sealed.close();
    expect((await ledger.call(record.id))!.bodies!.request.toString()).not.toContain('secret');
  });

  it('refuses bodies that were moved to another call, and seals all anew', async () => {
    const masterKeys = new MasterKeys({ variable: 'ab'.repeat(32), file: '' });
    const atRest = new AtRest(masterKeys, new SecretBox(masterKeys, () => 0));
    const bodies = { request: Buffer.from('first'), reply: Buffer.from('second'), truncated: false };
    const records = Array.from({ length: 60 }, () => recordOf({ bodies }));
    for (const record of records) ledger.add(record);
    await ledger.flush();
    atRest.configure({ enabled: true, keyRotation: 60 });
    const { ledger: sealed } = opened(url, { seal: atRest });
    const [one, other] = records;
    await expect(sealed.call(one!.id)).rejects.toMatchObject({ kind: 'sealed-data' });
    expect(await sealed.reseal((bytes, place) => atRest.reseal(bytes, place))).toMatchObject({ bodies: 120 });
    expect((await sealed.call(one!.id))!.bodies).toEqual(bodies);
    expect((await ledger.call(one!.id))!.bodies!.reply.includes('second')).toBe(false);
    await sealed.reseal((bytes, place) => atRest.seal(atRest.open(bytes, place), place.replace(one!.id, other!.id)));
    await expect(sealed.call(one!.id)).rejects.toMatchObject({
      kind: 'sealed-data',
      message: expect.stringContaining(`the recorded request of ${one!.id} is refused`),
    });
    expect((await sealed.call(other!.id))!.bodies).toEqual(bodies);
    await sealed.close();
  });

  it.runIf(name === 'SQLite')('leaves nothing of what it held before in its files once all is sealed', async () => {
    const masterKeys = new MasterKeys({ variable: 'ab'.repeat(32), file: '' });
    const atRest = new AtRest(masterKeys, new SecretBox(masterKeys, () => 0));
    atRest.configure({ enabled: true, keyRotation: 60 });
    const bodies = { request: Buffer.alloc(20_000, 'MARKED'), reply: Buffer.from('MARKED'), truncated: false };
    const records = Array.from({ length: 40 }, () => recordOf({ bodies }));
    for (const record of records) ledger.add(record);
    await ledger.flush();
    // As a version before did it, which left what it deleted in free pages.
    const file = url.replace('sqlite:', '');
    const { DatabaseSync } = await import('@photostructure/sqlite');
    const careless = new DatabaseSync(file);
    careless.exec(`PRAGMA secure_delete = OFF; DELETE FROM bodies WHERE call_id > '${records[20]!.id}'`);
    careless.close();
    const holdsMark = () =>
      [file, `${file}-wal`].some((path) => existsSync(path) && readFileSync(path).includes('MARKED'));
    expect(holdsMark()).toBe(true);
    const { bodies: count, unscrubbed } = await ledger.reseal((bytes, place) => atRest.reseal(bytes, place));
    expect([count > 0, unscrubbed, holdsMark()]).toEqual([true, undefined, false]);
  });

  it('holds on to nothing else of a call while its record waits', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    let prompt: object | undefined = { text: 'x'.repeat(1000) };
    const held = new WeakRef(prompt);
    const { ledger: slow } = opened(url, { limits: { waitMs: 60_000 } });
    slow.add({ ...recordOf({}), explain: explainerOf(prompt) });
    prompt = undefined;
    await new Promise((resolve) => setTimeout(resolve, 10));
    collect();
    expect(held.deref()).toBeUndefined();
    await slow.close();
  });

  it.each([
    ['NUL', 'a\0b', 'a\ufffdb'],
    ['half a character', 'a\ud800b', 'a\ufffdb'],
    ['quotes and braces', `'"{},\\x`, `'"{},\\x`],
    ['no end', 'x'.repeat(10_000), 'x'.repeat(500)],
  ])('keeps names with %s', async (_what, name, kept) => {
    const record = recordOf({ requestedModel: name, sessionId: name, rule: name });
    addAll(record);
    expect((await ledger.totals(always, 'session'))[0]!.group).toBe(kept);
    expect(await ledger.call(record.id)).toMatchObject({ requestedModel: kept, sessionId: kept });
    expect(ledger.lost).toBe(0);
  });

  it('is found again by the next process, with what was added last', async () => {
    addAll(recordOf(), recordOf());
    await ledger.close();
    const { ledger: next } = opened(url);
    expect((await total(next)).requests.total).toBe(2);
    await next.close();
  });

  it('is written by several at once, and made by one of them', async () => {
    const writers = Array.from({ length: 4 }, () => opened(url));
    for (let round = 0; round < 25; round += 1) {
      for (const { ledger: writer } of writers) writer.add(recordOf({ startedAt: round }));
      await Promise.all(writers.map(({ ledger: writer }) => writer.flush()));
    }
    await Promise.all(writers.map(({ ledger: writer }) => writer.close()));
    expect((await total()).requests.total).toBe(100);
    expect(writers.map(({ ledger: writer }) => writer.lost)).toEqual([0, 0, 0, 0]);
  });

  it('forgets what is older than its retention', async () => {
    addAll(...Array.from({ length: 2500 }, (_, index) => recordOf({ startedAt: index % 7 === 0 ? day * 9 : 5 })));
    await ledger.flush();
    const { ledger: forgetful } = opened(url, { retentionMs: day, now: () => day * 9 + 1 });
    forgetful.add(
      recordOf({
        startedAt: day * 9,
        bodies: { request: Buffer.from('a'), reply: Buffer.from('b'), truncated: false },
      }),
    );
    await forgetful.flush();
    expect((await total(forgetful)).requests.total).toBe(Math.ceil(2500 / 7) + 1);
    await forgetful.close();
  });

  it('refuses to touch a ledger of a newer program', async () => {
    await ledger.totals(always);
    await raiseVersion(url);
    const { ledger: older, said: words } = opened(url, { limits: { closeMs: 200 } });
    await expect(older.totals(always)).rejects.toMatchObject({ kind: 'records-away' });
    older.add(recordOf());
    await older.close();
    expect(words.join()).toContain('newer version');
    expect(older.lost).toBe(1);
  });

  it('sums exactly: no group, no order and no batch changes a micro-dollar', async () => {
    const leg = fc.record({
      target: fc.constantFrom('fast', 'slow', 'odd'),
      usage: fc
        .tuple(fc.nat(10 ** 9), fc.nat(10 ** 9), fc.nat(10 ** 9), fc.nat(10 ** 9))
        .map((counts) => usageOf(...counts)),
      costMicroUsd: fc.option(fc.nat(10 ** 12), { freq: 5 }),
    });
    const record = fc.record({ startedAt: fc.nat(3 * day), legs: fc.array(leg, { maxLength: 3 }) });
    let since = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(record, { maxLength: 40 }), async (calls) => {
        since += 10 * day;
        const range = { since, until: since + 10 * day };
        const legs = calls.flatMap((call) => call.legs);
        addAll(
          ...calls.map(({ startedAt, legs: own }) =>
            recordOf({ startedAt: since + startedAt, attempts: own.map((entry) => attemptOf(entry)) }),
          ),
        );
        const known = legs.reduce((sum, { costMicroUsd }) => sum + BigInt(costMicroUsd ?? 0), 0n);
        const [all] = await ledger.totals(range);
        expect(BigInt(all!.cost.microUsd ?? 0)).toBe(known);
        expect(all!.tokens.input).toBe(legs.reduce((sum, { usage }) => sum + usage.input_tokens, 0));
        for (const groupBy of ['model', 'day', 'hour'] as const) {
          const groups = await ledger.totals(range, groupBy);
          expect(groups.reduce((sum, { cost }) => sum + BigInt(cost.microUsd ?? 0), 0n)).toBe(known);
        }
        const models = await ledger.models(range);
        expect(models.reduce((sum, { cost }) => sum + BigInt(cost.microUsd ?? 0), 0n)).toBe(known);
      }),
      { numRuns: 25 },
    );
    expect(said).toEqual([]);
  }, 60_000);
});

async function raiseVersion(url: string): Promise<void> {
  if (url.startsWith('sqlite:')) {
    const { DatabaseSync } = await import('@photostructure/sqlite');
    const database = new DatabaseSync(url.slice('sqlite:'.length));
    database.exec('UPDATE ledger_version SET version = 999');
    return database.close();
  }
  const { default: pg } = await import('pg');
  const client = new pg.Client(url);
  await client.connect();
  await client.query('UPDATE ledger_version SET version = 999');
  await client.end();
}

describe('a ledger file', () => {
  it('is its owner’s alone, with the folder it stands in', async () => {
    const home = join(folder, 'new', 'state');
    const { ledger } = opened('sqlite:ledger.db', { directory: home });
    ledger.add(recordOf());
    await ledger.flush();
    const modes = ['', 'ledger.db', 'ledger.db-wal', 'ledger.db-shm'].map(
      (name) => statSync(join(home, name)).mode & 0o777,
    );
    expect(modes).toEqual([0o700, 0o600, 0o600, 0o600]);
    await ledger.close();
  });
});

describe('a ledger file of long records', () => {
  it('is hardly larger than they are', async () => {
    const file = join(folder, 'long.db');
    const { ledger } = opened(`sqlite:${file}`);
    const records = Array.from({ length: 1000 }, () => recordOf({ reason: 'so it was. '.repeat(100) }));
    for (const record of records) ledger.add(record);
    await ledger.close();
    expect(statSync(file).size).toBeLessThan(1.6 * records.map((record) => JSON.stringify(record)).join('').length);
  });
});

describe('a ledger file that another process holds', () => {
  /** Begins to make the file, as another process would, and takes so long for it. */
  const holdFor = async (milliseconds: number) => {
    const { DatabaseSync } = await import('@photostructure/sqlite');
    const file = join(folder, `held-${++databases}.db`);
    const holder = new DatabaseSync(file);
    holder.exec('BEGIN IMMEDIATE; CREATE TABLE other (number BIGINT)');
    const letGo = setTimeout(() => {
      holder.exec('COMMIT');
      holder.close();
    }, milliseconds);
    onTestFinished(() => clearTimeout(letGo));
    return `sqlite:${file}`;
  };

  it('is waited for without a word, and calls are not held up', async () => {
    const { ledger, said } = opened(await holdFor(600));
    const answered = new Promise((resolve) => setTimeout(resolve, 150)).then(() => performance.now());
    const began = performance.now();
    ledger.add(recordOf());
    await ledger.flush();
    expect((await answered) - began).toBeLessThan(500);
    expect((await ledger.totals(always))[0]!.requests.total).toBe(1);
    expect(said).toEqual([]);
    await ledger.close();
  });

  it('is waited for at the end, however often it has to be tried', async () => {
    const url = await holdFor(2600);
    const { ledger } = opened(url);
    ledger.add(recordOf());
    await ledger.close();
    expect(ledger.lost).toBe(0);
    const { ledger: next } = opened(url);
    expect((await next.totals(always))[0]!.requests.total).toBe(1);
    await next.close();
  });
});

describe('a ledger whose database is away', () => {
  it('says so once, keeps so many records, counts the rest, and answers at once', async () => {
    const { ledger, said } = opened(`sqlite:${join(folder, 'missing-file', '\0')}`, {
      limits: { waitingRecords: 3, closeMs: 200 },
    });
    for (let count = 0; count < 10; count += 1) {
      ledger.add(recordOf());
      await ledger.flush();
    }
    expect(ledger.lost).toBe(7);
    expect(said.filter((line) => line.startsWith('the ledger is away'))).toHaveLength(1);
    expect(said.filter((line) => line.startsWith('records of calls are lost'))).toHaveLength(1);
    await ledger.close();
    expect(ledger.lost).toBe(10);
  });

  it('says why it can not be asked', async () => {
    const { ledger, said } = opened('sqlite:\0');
    await expect(ledger.totals(always)).rejects.toMatchObject({ kind: 'records-away', status: 503 });
    expect(said).toEqual([expect.stringMatching(/^the ledger can not be read .*null bytes/)]);
    await ledger.close();
  });

  it('limits what waits by the size of its bodies too', async () => {
    const { ledger } = opened('sqlite:\0', { limits: { waitingBytes: 100, closeMs: 200 } });
    const bodies = { request: Buffer.alloc(30), reply: Buffer.alloc(30), truncated: false };
    for (let count = 0; count < 3; count += 1) ledger.add(recordOf({ bodies }));
    expect(ledger.lost).toBe(2);
    await ledger.close();
  });

  it.runIf(programs)(
    'writes what waited when PostgreSQL is back',
    async () => {
      const url = await newDatabase(`ledger_${++databases}`);
      const { ledger, said } = opened(url, { limits: { retryMs: 50 } });
      ledger.add(recordOf());
      await ledger.flush();
      await postgres!.kill();
      ledger.add(recordOf());
      await ledger.flush();
      await expect(ledger.totals(always)).rejects.toMatchObject({ kind: 'records-away', status: 503 });
      expect(said.map((line) => line.split(':')[0])).toEqual(['the ledger is away']);
      await postgres!.start();
      ledger.add(recordOf());
      expect((await ledger.totals(always))[0]!.requests.total).toBe(3);
      expect(said.at(-1)).toMatch(/^the ledger is back/);
      expect(ledger.lost).toBe(0);
      await ledger.close();
    },
    30_000,
  );
});

/** As the gateway leaves it in a record: a function that needs the whole call. */
function explainerOf(prompt: object): NonNullable<CallRecord['explain']> {
  return () => prompt as never;
}
