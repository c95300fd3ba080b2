import { describe, expect, it } from 'vitest';
import type { Call } from '../../src/call/call.ts';
import { type RoutingTest, readRoutingTests, resultLines, runRoutingTest } from '../../src/routing/test-file.ts';
import { factsFrom, tableOf, targetNamed } from '../support/routing-bed.ts';

const table = tableOf(
  {
    routing: { defaultModel: 'small', fallbackModel: 'backup' },
    routingRules: [
      { name: 'code', condition: { messageContains: 'implement' }, targetModel: 'large', priority: 1 },
      { name: 'night', condition: { time: { from: '22:00', to: '06:00' } }, targetModel: 'backup', priority: 2 },
    ],
  },
  {
    targets: ['small', 'large', 'backup'].map((name) => targetNamed(name)),
    prices: { large: { input: 10, output: 10 } },
  },
);

function run(test: RoutingTest) {
  return runRoutingTest(test, {
    table,
    now: new Date(2026, 0, 5, 12).getTime(),
    makeCall: (body, headers, key) => ({ request: body, headers, caller: { name: key } }) as unknown as Call,
    factsOf: async ({ request, headers }) => factsFrom({ body: request, headers }),
  });
}

describe('routing tests as files', () => {
  const yaml = `
- name: code goes to the large model
  text: implement a queue
  expect: { model: large, provider: test, rule: code, fallbacks: [backup, small], maxCostUsd: 0.02 }
- name: and to the backup while that is down
  text: implement a queue
  down: large
  expect: { model: [backup, other], fallbacks: [small] }
- name: a header is a hard choice
  request: { model: claude-9, messages: [{ role: user, content: implement }] }
  headers: { X-Router-Model: small }
  expect: { model: test/small, rule: hard-choice }
- name: at night
  text: hello
  at: 2026-01-05T23:30:00
  expect: { rule: night }
`;

  it.each(readRoutingTests(yaml))('$name', async (test) => {
    expect(resultLines(await run(test))).toEqual([`ok    ${test.name}`]);
  });

  it('tell what departs, and what decided', async () => {
    const [test] = readRoutingTests(
      `{ cases: [{ name: n, text: implement, expect: { model: small, rule: code, maxCostUsd: 0 } }] }`,
    );
    const lines = resultLines(await run(test!));
    expect(lines.slice(0, 3)).toEqual(['FAIL  n', '        - model: small', '        + model: large']);
    expect(lines.join('\n')).toContain('- maxCostUsd: at most 0 USD');
    expect(lines.join('\n')).toContain('decided by code: the human text holds "implement"');
  });

  it.each([
    ['- name: n\n  expect: {}', 'either text or request'],
    ['- name: n\n  text: x\n  expects: {}', 'expects'],
    ['- name: n\n  text: x\n  at: never\n  expect: {}', 'at is no time'],
    ['cases: 5', 'array'],
    ['- [', 'Flow sequence'],
  ])('%j is refused', (text, message) => expect(() => readRoutingTests(text)).toThrow(message));
});
