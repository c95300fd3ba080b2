import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/routing/decide.ts';
import { explain } from '../../src/routing/explain.ts';
import type { Facts } from '../../src/routing/facts.ts';
import { LiveState } from '../../src/routing/live-state.ts';
import { refusalOf } from '../../src/routing/refusal.ts';
import type { Block } from '../../src/routing/state.ts';
import type { RoutingTable } from '../../src/routing/table.ts';
import { factsFrom, tableOf, targetNamed } from '../support/routing-bed.ts';

const names = ['a', 'b', 'c', 'd', 'e', 'claude-x'];
const name = fc.constantFrom(...names);
const someNames = fc.uniqueArray(name, { minLength: 1, maxLength: 4 });
const words = fc.constantFrom(
  'implement',
  'explain',
  'the parser',
  'débogue',
  '.py',
  'in main.py',
  '<system-reminder>',
  '</system-reminder>',
  '\n',
);
const text = fc.oneof(
  fc.array(words, { maxLength: 8 }).map((parts) => parts.join(' ')),
  fc.string({ maxLength: 60 }),
);

const block = fc.oneof(
  fc.record({ type: fc.constant('text'), text }),
  fc.record({ type: fc.constant('tool_result'), tool_use_id: fc.string(), content: fc.oneof(text, fc.constant([])) }),
  fc.record({ type: fc.constant('tool_use'), id: fc.string(), name: fc.string(), input: fc.jsonValue() }),
  fc.constant({ type: 'image', source: { type: 'url', url: 'x' } }),
  fc.jsonValue({ maxDepth: 2 }),
);
const message = fc.record({
  role: fc.constantFrom('user', 'assistant', 'system', 'other'),
  content: fc.oneof(text, fc.array(block, { maxLength: 4 }), fc.jsonValue({ maxDepth: 1 })),
});
const body = fc.record(
  {
    model: fc.oneof(name, fc.constantFrom('claude-opus-5-5', 'nobody', 'test/a', '')),
    messages: fc.array(message, { maxLength: 6 }),
    system: fc.oneof(text, fc.array(block, { maxLength: 2 }), fc.jsonValue({ maxDepth: 1 })),
    tools: fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 3 })),
    thinking: fc.jsonValue({ maxDepth: 1 }),
    output_config: fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.record({ effort: fc.string() })),
    metadata: fc.jsonValue({ maxDepth: 1 }),
    max_tokens: fc.oneof(fc.nat(), fc.jsonValue({ maxDepth: 0 })),
    stream: fc.boolean(),
  },
  { requiredKeys: ['model', 'messages'] },
);
const headers = fc.record(
  {
    'x-router-model': name,
    'x-router-fallback': fc.constantFrom('on', 'off'),
    'x-claude-code-session-id': fc.constantFrom('s1', 's2'),
  },
  { requiredKeys: [] },
);
const facts = fc
  .record({ headers, body, models: fc.option(someNames, { nil: undefined }) })
  .map(({ headers: given, body: request, models }) =>
    factsFrom({ headers: given as Record<string, string>, body: request as never }, { ...(models ? { models } : {}) }),
  );

const condition = fc.record(
  {
    messageContains: fc.array(words, { minLength: 1, maxLength: 3 }),
    fileTypes: fc.constantFrom('.py', '.ts'),
    taskType: fc.constantFrom('code', 'documentation', 'analysis'),
    complexity: fc.constantFrom('low', 'high'),
    tokenCount: fc.record({ max: fc.nat(200) }),
    requestedModel: fc.constantFrom('*', 'claude*', 'a'),
    hasTools: fc.boolean(),
    hasImages: fc.boolean(),
    thinking: fc.boolean(),
    isSubagent: fc.boolean(),
    time: fc.record({ from: fc.constantFrom('00:00', '18:00'), to: fc.constantFrom('06:00', '12:00') }),
    expression: fc.constantFrom('tokenCount < 50', 'hour % 2 == 0', 'fileTypes[3] == "x"', 'size(text) > 5'),
  },
  { requiredKeys: [] },
);
const config = fc.record({
  routing: fc.record(
    {
      defaultModel: name,
      fallbacks: someNames,
      scenarios: fc.record({
        image: name,
        think: name,
        longContext: name,
        longContextThreshold: fc.integer({ min: 1, max: 99 }),
      }),
    },
    { requiredKeys: [] },
  ),
  routingRules: fc.array(
    fc.record({
      name: fc.constantFrom('r1', 'r2', 'r3'),
      condition,
      targetModels: someNames,
      priority: fc.integer({ min: 0, max: 3 }),
    }),
    { maxLength: 5 },
  ),
  intelligentRouting: fc.record({
    rules: fc.array(
      fc.record({
        name: fc.constantFrom('i1', 'i2'),
        patterns: fc.array(words, { minLength: 1, maxLength: 2 }),
        model: name,
        confidence: fc.constantFrom(0, 0.5, 0.9),
      }),
      { maxLength: 3 },
    ),
  }),
  loadBalancing: fc.record({
    enabled: fc.boolean(),
    strategy: fc.constantFrom('round_robin', 'weighted', 'random', 'least_busy', 'fastest', 'cheapest', 'in_order'),
    models: fc.uniqueArray(name, { maxLength: 5 }),
    affinity: fc.constantFrom('session', 'call'),
  }),
});

/** What each target can take, and what keeps it at the moment. */
const world = fc.record({
  abilities: fc.array(
    fc.record(
      { contextWindow: fc.constantFrom(1050, 2000, 100_000), images: fc.boolean(), tools: fc.boolean() },
      { requiredKeys: [] },
    ),
    { minLength: names.length, maxLength: names.length },
  ),
  problems: fc.subarray(names),
  blocks: fc.dictionary(
    name,
    fc.constantFrom<Block>({ reason: 'rests', soft: true }, { reason: 'limit', soft: false }),
  ),
  turns: fc.nat(50),
  homes: fc.dictionary(fc.constantFrom('s1', 's2'), name),
  random: fc.double({ min: 0, max: 0.999, noNaN: true }),
  now: fc.integer({ min: 0, max: 2_000_000_000_000 }),
});

interface Given {
  table: RoutingTable;
  state: LiveState;
  known: Facts;
  now: number;
}

const given = fc.record({ config, world, known: facts }).map(({ config: blocks, world: at, known }): Given => {
  const targets = names.map((each, index) =>
    targetNamed(each, at.abilities[index], at.problems.includes(each) ? 'not set up' : undefined),
  );
  const state = new (class extends LiveState {
    override turn = () => at.turns;
    override session = (id: string) => {
      const target = at.homes[id];
      return target === undefined ? undefined : { target, warmTokens: 100 };
    };
  })({ blocked: (target) => at.blocks[target.name], random: () => at.random });
  return { table: tableOf(blocks, { targets }), state, known, now: at.now };
});

const shown = ({ known, table, state, now }: Given) => {
  const decision = decide(known, table, state, now);
  return JSON.stringify(explain(decision, known, table, state, { showText: true }));
};

describe('decide, for any facts, configuration and moment', () => {
  it('has an answer, always the same, with targets that are each there once', () => {
    fc.assert(
      fc.property(given, (inputs) => {
        const { targets } = decide(inputs.known, inputs.table, inputs.state, inputs.now);
        expect(new Set(targets).size).toBe(targets.length);
        expect(shown(inputs)).toBe(shown(inputs));
      }),
      { numRuns: 120 },
    );
  });

  it('never returns a target that can’t take the call, but one that only rests, alone', () => {
    fc.assert(
      fc.property(given, ({ known, table, state, now }) => {
        const { targets, refused } = decide(known, table, state, now);
        const unfit = targets
          .map((target) => refusalOf(target, known, state))
          .filter((refusal) => refusal !== undefined);
        if (unfit.length > 0) {
          expect(targets.length).toBe(1);
          expect(unfit[0]!.kind).toBe('resting');
        }
        for (const { target } of refused) expect(targets).not.toContain(target);
      }),
      { numRuns: 120 },
    );
  });

  it('lets the first rule by priority decide of all that hold, where nothing harder does', () => {
    fc.assert(
      fc.property(given, ({ known, table, state, now }) => {
        // A call that names no target of its own.
        const soft = { ...table, find: () => undefined };
        const { rule, steps } = decide(known, soft, state, now);
        const holding = table.rules.map((each) => decide(known, { ...soft, rules: [each] }, state, now).rule);
        const first = table.rules.findIndex((each, index) => {
          return holding[index] === each.name && each.name.startsWith('r');
        });
        if (first !== -1) {
          expect(rule).toBe(table.rules[first]!.name);
          expect(steps.filter(({ step }) => step === 'routing-rule').length).toBe(first + 1);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('moves no session when a target that is not its own goes', () => {
    const pool = fc.record({
      gone: name,
      home: name,
      turn: fc.nat(30),
      strategy: fc.constantFrom('round_robin', 'least_busy', 'random'),
    });
    fc.assert(
      fc.property(pool, ({ gone, home, turn, strategy }) => {
        fc.pre(gone !== home);
        const decideAmong = (models: string[]) => {
          const table = tableOf(
            { loadBalancing: { models, strategy } },
            { targets: models.map((each) => targetNamed(each)) },
          );
          const state = new (class extends LiveState {
            override turn = () => turn;
            override session = () => ({ target: home, warmTokens: 0 });
          })();
          const known = factsFrom({
            headers: { 'x-claude-code-session-id': 's' },
            body: { model: 'claude-9', messages: [] },
          });
          return decide(known, table, state, 0).targets[0]!.name;
        };
        expect(decideAmong(names)).toBe(home);
        expect(decideAmong(names.filter((each) => each !== gone))).toBe(home);
      }),
    );
  });
});
