import { describe, expect, it } from 'vitest';
import { type Decision, decide } from '../../src/routing/decide.ts';
import { explain } from '../../src/routing/explain.ts';
import type { Facts } from '../../src/routing/facts.ts';
import { LiveState } from '../../src/routing/live-state.ts';
import type { RoutingTable } from '../../src/routing/table.ts';
import { clientRequest, titleRequest, webSearchRequest } from '../support/claude-code-request.ts';
import { factsFrom, factsOfText, tableOf, targetNamed } from '../support/routing-bed.ts';

const targets = ['default', 'a', 'b', 'c', 'claude-3-sonnet', 'fallback'].map((name) => targetNamed(name));
const idle = new LiveState();

function routeOf(facts: Facts, blocks: Record<string, unknown>, state = idle): Decision {
  return decide(facts, tableOf(blocks, { targets }), state, 0);
}

function told({ rule, targets: order }: Decision): string {
  return `${rule}: ${order.map(({ name }) => name).join(' > ')}`;
}

const rule = (name: string, condition: object, more: object = {}) => ({ name, condition, targetModel: name, ...more });
const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } };

describe('the order of questions', () => {
  const everything = {
    routing: { defaultModel: 'default', fallbackModel: 'fallback', scenarios: { subagent: 'c' } },
    routingRules: [rule('a', { messageContains: 'rule' })],
    intelligentRouting: { rules: [{ name: 'smart', patterns: ['debug'], model: 'b' }] },
    costOptimization: { rules: [{ condition: 'messageCount > 1', model: 'c' }] },
    loadBalancing: { models: ['b', 'c'], strategy: 'in_order' },
  };

  it.each([
    ['a header', { text: 'rule debug', headers: { 'x-router-model': 'c' } }, 'hard-choice: c > fallback'],
    ['a name of its own', { text: 'rule debug', model: 'test/b' }, 'hard-choice: b > fallback'],
    ['a rule', { text: 'rule debug' }, 'a: a > fallback > default'],
    ['intelligent routing', { text: 'debug' }, 'smart: b > fallback > default'],
    [
      'a requested Claude that is configured',
      { text: 'x', model: 'claude-3-sonnet' },
      'requested-model: claude-3-sonnet > fallback > default',
    ],
    ['the pool', { text: 'x' }, 'load-balancing: b > c > fallback > default'],
    ['a name that nobody knows', { text: 'x', model: 'gpt-99' }, 'load-balancing: b > c > fallback > default'],
  ])(
    '%s',
    (_, {
      text,
      headers = {},
      model = 'claude-opus-5-5',
    }: { text: string; headers?: object; model?: string }, expected) => {
      const body = { model, messages: [{ role: 'user', content: text }] };
      expect(told(routeOf(factsFrom({ headers: { ...headers } as Record<string, string>, body }), everything))).toBe(
        expected,
      );
    },
  );

  it('asks the tag of a subagent after the header and before the name', () => {
    const tagged = clientRequest('<CCR-SUBAGENT-MODEL>b</CCR-SUBAGENT-MODEL> look around', { model: 'a' });
    expect(told(routeOf(factsFrom(tagged), everything))).toBe('hard-choice: b > fallback');
    const both = { ...tagged, headers: { ...tagged.headers, 'x-router-model': 'c' } };
    expect(told(routeOf(factsFrom(both), everything))).toBe('hard-choice: c > fallback');
    const inSystem = clientRequest('hello');
    const system = [{ type: 'text', text: 'You are <CCR-SUBAGENT-MODEL>test,b</CCR-SUBAGENT-MODEL>' }];
    const nobody = tableOf(everything, {
      targets: targets.map((each) => ({ ...each, aliases: [`test,${each.name}`] })),
    });
    expect(decide(factsFrom({ ...inSystem, body: { ...inSystem.body, system } }), nobody, idle, 0).rule).toBe(
      'hard-choice',
    );
  });

  it('does not take a tag that lists of agents hold', () => {
    const listed = clientRequest('hello', { noise: 'reviewer: <CCR-SUBAGENT-MODEL>b</CCR-SUBAGENT-MODEL>' });
    const { body } = listed;
    expect(routeOf(factsFrom({ ...listed, body: { ...body, system: 'plain' } }), everything).rule).not.toBe(
      'hard-choice',
    );
  });

  it('asks rules by priority, and those of the same in the order of the file', () => {
    const routingRules = [
      rule('b', {}, { priority: 2 }),
      rule('c', {}, { priority: 1 }),
      rule('a', {}, { priority: 1 }),
      rule('default', {}, { priority: 0, enabled: false }),
    ];
    expect(routeOf(factsOfText('x'), { routingRules }).steps.map(({ name }) => name)).toEqual([undefined, 'c']);
  });
});

describe('conditions', () => {
  const now = new Date(2026, 0, 5, 9, 30).getTime();
  const holds = (condition: object, facts: Facts) => {
    return decide(facts, tableOf({ routingRules: [rule('a', condition)] }, { targets }), idle, now).rule === 'a';
  };
  const typed = factsOfText('Please WRITE Code in src/Main.java');

  it.each([
    [{ messageContains: 'write code' }, true],
    [{ messageContains: ['nothing', 'CODE'] }, true],
    [{ messageContains: ['nothing'] }, false],
    [{ messageContains: 'code', fileTypes: ['.py'] }, false],
    [{ messageContains: 'code', fileTypes: ['py', 'java'] }, true],
    [{ fileTypes: '*.java' }, true],
    [{ taskType: 'code' }, true],
    [{ taskType: ['documentation', 'review'] }, false],
    [{ tokenCount: { max: 100 } }, true],
    [{ tokenCount: { min: 100 } }, false],
    [{ complexity: 'medium' }, true],
    [{ complexity: ['high'] }, false],
    [{ requestedModel: 'claude-*' }, true],
    [{ requestedModel: ['*sonnet*', '*gpt*'] }, false],
    [{ hasTools: false, hasImages: false, thinking: false, isSubagent: false, isBackground: false }, true],
    [{ hasTools: true }, false],
    [{ key: 'local' }, true],
    [{ key: 'team' }, false],
    [{ session: 'x' }, false],
    [{ time: { from: '09:00', to: '17:00' } }, true],
    [{ time: { from: '22:00', to: '09:31' } }, true],
    [{ time: { from: '22:00', to: '06:00' } }, false],
    [{ time: { weekdays: [1] } }, true],
    [{ time: { weekdays: [0, 6] } }, false],
    [{ expression: 'hour == 9 && weekday == 1 && ".java" in fileTypes' }, true],
    [{ expression: 'tokenCount > 1000' }, false],
    [{ messageContains: 'code', expression: 'tokenCount > 1000' }, false],
    [{}, true],
  ])('%j: %s', (condition, expected) => expect(holds(condition, typed)).toBe(expected));

  it('see what kind of request it is', () => {
    expect(holds({ isSubagent: true }, factsFrom(clientRequest('x', { subagent: true })))).toBe(true);
    expect(holds({ isBackground: true }, factsFrom(titleRequest('x')))).toBe(true);
    expect(holds({ isBackground: true }, factsFrom(clientRequest('x', { model: 'claude-haiku-5-5' })))).toBe(false);
    expect(holds({ hasTools: true }, factsFrom(clientRequest('x')))).toBe(true);
  });

  it('read nothing that they don’t ask for', () => {
    const forbidden = new Proxy(factsOfText('x'), {
      get(target, name) {
        if (['words', 'complexity', 'taskTypes', 'fileTypes', 'text'].includes(String(name)))
          throw new Error(String(name));
        const value = Reflect.get(target, name, target) as unknown;
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    expect(holds({ hasTools: true, complexity: 'low' }, forbidden)).toBe(false);
  });
});

describe('scenarios', () => {
  const all = {
    routing: {
      defaultModel: 'default',
      scenarios: {
        background: 'a',
        think: 'b',
        longContext: 'c',
        longContextThreshold: 9000,
        webSearch: 'claude-3-sonnet',
        image: 'fallback',
        subagent: 'a',
      },
    },
  };
  const withImage = clientRequest('look');
  withImage.body.messages[0]!.content = [{ type: 'text', text: 'look' }, image];

  it.each([
    ['a title', titleRequest('hello'), 'scenario:background'],
    ['a web search', webSearchRequest('news'), 'scenario:webSearch'],
    ['a subagent', clientRequest('x', { subagent: true }), 'scenario:subagent'],
    ['an image', withImage, 'scenario:image'],
    [
      'thinking that is switched on',
      clientRequest('x', { more: { thinking: { type: 'enabled', budget_tokens: 31_999 } } }),
      'scenario:think',
    ],
    ['a high effort', clientRequest('x', { more: { output_config: { effort: 'xhigh' } } }), 'scenario:think'],
    ['the adaptive thinking of every call', clientRequest('x'), 'default'],
    ['a model called haiku', clientRequest('x', { model: 'claude-haiku-5-5' }), 'default'],
    [
      'a long prompt, whatever else it is',
      clientRequest('word '.repeat(12_000), { subagent: true }),
      'scenario:longContext',
    ],
  ])('%s', (_, request, expected) => expect(routeOf(factsFrom(request), all).rule).toBe(expected));

  it('think from the effort that is configured, which a turn’s own system message may set', () => {
    const routing = { scenarios: { think: { model: 'b', minEffort: 'high' } } };
    const request = clientRequest('x');
    expect(routeOf(factsFrom(request), { routing }).rule).toBe('default');
    Object.assign(request.body.messages[1]!, { output_config: { effort: 'high' } });
    expect(routeOf(factsFrom(request), { routing }).rule).toBe('scenario:think');
  });

  it('hold through an agent’s loop, whatever its tools bring', () => {
    const grown = clientRequest('x', { toolCalls: 12, noise: 'word '.repeat(2000) });
    const routing = { scenarios: { longContext: 'c', longContextThreshold: 100_000 } };
    expect(factsFrom(grown).promptTokens('gpt-5')).toBeGreaterThan(100_000);
    expect(routeOf(factsFrom(grown), { routing }).rule).toBe('default');
  });
});

describe('targets that can’t take the call', () => {
  const small = targetNamed('small', { contextWindow: 3000 });
  const blind = targetNamed('blind', { images: false });
  const plain = targetNamed('plain', { tools: false });
  const unready = targetNamed('unready', {}, 'environment variable X is not set');
  const good = targetNamed('good');
  const among = (facts: Facts, first: string, state = idle) => {
    const blocks = {
      routing: { defaultModel: 'good' },
      routingRules: [{ name: 'r', condition: {}, targetModel: first }],
    };
    return decide(facts, tableOf(blocks, { targets: [small, blind, plain, unready, good] }), state, 0);
  };

  it.each([
    ['small', factsOfText('word '.repeat(2500)), 'prompt is too long'],
    ['blind', factsOfText('x', { messages: [{ role: 'user', content: [image] }] }), 'takes no images'],
    ['plain', factsFrom(clientRequest('x')), 'calls no tools'],
    ['unready', factsOfText('x'), 'environment variable X'],
  ])('%s is set aside and says why', (name, facts, reason) => {
    const { targets: order, refused } = among(facts, name);
    expect(order.map((target) => target.name)).toEqual(['good']);
    expect(refused).toMatchObject([{ name, reason: expect.stringContaining(reason) }]);
  });

  it('are those whose room does not hold the prompt and 1,024 tokens of answer', () => {
    const facts = factsOfText('word '.repeat(1000));
    const room = facts.promptTokens('small') + 1024;
    const fits = (contextWindow: number) => {
      const table = tableOf({}, { targets: [targetNamed('small', { contextWindow })] });
      return decide(facts, table, idle, 0).targets.length === 1;
    };
    expect([fits(room), fits(room - 1)]).toEqual([true, false]);
  });

  it('are those that the key may not use', () => {
    const { headers, body } = clientRequest('x');
    const facts = factsFrom({ headers, body }, { models: ['good'] });
    expect(among(facts, 'small').refused[0]).toMatchObject({ kind: 'key' });
  });

  it('are tried all the same where only rest keeps every one of them', () => {
    const resting = new LiveState({ blocked: () => ({ reason: 'resting', soft: true }) });
    const { targets: order, refused } = among(factsOfText('x'), 'small', resting);
    expect(order.map(({ name }) => name)).toEqual(['small']);
    expect(refused.map(({ name }) => name)).toEqual(['good']);
    const limited = new LiveState({ blocked: () => ({ reason: 'limit', soft: false }) });
    expect(among(factsOfText('x'), 'small', limited).targets).toEqual([]);
  });

  it('leave the call to nobody else where the client wants no fallback', () => {
    const request = clientRequest('x', { model: 'plain' });
    const facts = factsFrom({ ...request, headers: { ...request.headers, 'x-router-fallback': 'off' } });
    expect(among(facts, 'good').targets).toEqual([]);
  });

  it('are names of the catalogue that nobody serves', () => {
    const { targets: order, refused } = among(factsOfText('x'), 'gpt-3.5-turbo');
    expect(order.map(({ name }) => name)).toEqual(['good']);
    expect(refused).toMatchObject([{ name: 'gpt-3.5-turbo', kind: 'unknown' }]);
  });
});

describe('a rule', () => {
  it('brings its own fallbacks, its models in order, and what it sets', () => {
    const routingRules = [
      { name: 'r', condition: {}, targetModels: ['a', 'b'], fallback: ['c'], set: { temperature: 0.3 } },
    ];
    const decision = routeOf(factsOfText('x'), { routing: { fallbackModel: 'fallback' }, routingRules });
    expect(told(decision)).toBe('r: a > b > c > default');
    expect(decision.set).toEqual({ temperature: 0.3 });
  });

  it.each([
    ['without a model', { name: 'r', condition: {} }, 'routingRules.0.targetModel'],
    [
      'that sets the messages',
      { name: 'r', condition: {}, targetModel: 'a', set: { messages: [] } },
      'routingRules.0.set.messages',
    ],
    [
      'with an expression that can’t be read',
      { name: 'r', condition: { expression: 'tokenCoun > 5' }, targetModel: 'a' },
      'did you mean "tokenCount"',
    ],
  ])('%s is a problem of the configuration', (_, written, message) => {
    expect(() => tableOf({ routingRules: [written] }, { targets })).toThrow(message);
  });
});

describe('switches', () => {
  const pool = { models: ['b'], strategy: 'in_order' };
  const cost = { rules: [{ condition: 'true', model: 'c' }] };
  it.each([
    [{ loadBalancing: pool }, 'load-balancing'],
    [{ loadBalancing: { ...pool, enabled: false } }, 'default'],
    [{ loadBalancing: pool, routing: { loadBalancing: false } }, 'default'],
    [{ loadBalancing: { ...pool, enabled: true }, routing: { loadBalancing: false } }, 'load-balancing'],
    [{ costOptimization: cost }, 'cost-optimization'],
    [{ costOptimization: { ...cost, enabled: false }, routing: { costOptimization: true } }, 'default'],
    [{ costOptimization: cost, routing: { costOptimization: false } }, 'default'],
    [{ intelligentRouting: { enabled: false, rules: [{ name: 's', patterns: ['x'], model: 'a' }] } }, 'default'],
  ])('%j: %s', (blocks, expected) => expect(routeOf(factsOfText('x'), blocks).rule).toBe(expected));
});

describe('sessions', () => {
  const facts = (session: string) => factsFrom(clientRequest('x', { session }));
  const pooled = (strategy: string, prices = {}) =>
    tableOf({ loadBalancing: { models: ['a', 'b'], strategy } }, { targets, prices });

  function send(table: RoutingTable, state: LiveState, session: string): string {
    const decision = decide(facts(session), table, state, 0);
    state.noteDecision(decision, facts(session));
    return decision.targets[0]!.name;
  }

  it('stay, while others take turns', () => {
    const state = new LiveState();
    const table = pooled('round_robin');
    expect(['s1', 's2', 's1', 's1', 's3', 's2'].map((session) => send(table, state, session))).toEqual([
      'a',
      'b',
      'a',
      'a',
      'a',
      'b',
    ]);
  });

  it('go on where another target has answered', () => {
    const state = new LiveState();
    const table = pooled('round_robin');
    const decision = decide(facts('s1'), table, state, 0);
    state.noteDecision(decision, facts('s1'));
    state.noteAnswer(decision, facts('s1'), decision.targets[1]!);
    expect(send(table, state, 's1')).toBe('b');
  });

  it('move to a cheaper target only where it is cheaper with the prompt cache that is lost', () => {
    const price = (input: number, cacheRead: number) => ({ input, output: 1, cacheRead });
    const state = new LiveState();
    const first = pooled('cheapest', { a: price(1, 0.1), b: price(2, 2) });
    expect(send(first, state, 's1')).toBe('a');
    const cheaper = pooled('cheapest', { a: price(1, 0.1), b: price(0.5, 0.5) });
    expect([send(cheaper, state, 's1'), send(cheaper, state, 's2')]).toEqual(['a', 'b']);
    const muchCheaper = pooled('cheapest', { a: price(1, 0.1), b: price(0.01, 0.01) });
    expect(send(muchCheaper, state, 's1')).toBe('b');
  });
});

describe('an explanation', () => {
  it('is the same, byte for byte, and tells every step', () => {
    const routingRules = [rule('a', { messageContains: 'nothing' }), rule('b', { taskType: 'code' }), rule('c', {})];
    const told = () => {
      const table = tableOf({ routingRules }, { targets, prices: { b: { input: 1, output: 1 } } });
      const facts = factsFrom(clientRequest('write a function'));
      return JSON.stringify(explain(decide(facts, table, idle, 0), facts, table, idle, { showText: true }));
    };
    expect(told()).toBe(told());
    expect(JSON.parse(told())).toMatchObject({
      winner: { model: 'b', provider: 'test' },
      rule: 'b',
      steps: [
        { step: 'hard-choice', matched: false },
        { step: 'routing-rule', name: 'a', matched: false, why: expect.stringContaining('"nothing"') },
        { step: 'routing-rule', name: 'b', matched: true, why: expect.stringContaining('code') },
        { step: 'routing-rule', name: 'c', matched: false, why: 'not asked: b decided' },
        { step: 'requested-model', matched: false },
        { step: 'default', matched: false },
      ],
      candidates: [
        { model: 'b', priceUsd: expect.any(Number) },
        { model: 'default', priceUsd: null },
      ],
      facts: { taskType: 'code', hasTools: true, text: 'write a function' },
    });
  });
});
