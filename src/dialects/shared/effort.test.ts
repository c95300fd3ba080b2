import { describe, expect, it } from 'vitest';
import type { MessagesRequest } from '../../protocol/messages.ts';
import { type Effort, nearestEffort, requestedEffort } from './effort.ts';

describe('requestedEffort', () => {
  it.each<[Partial<MessagesRequest>, unknown]>([
    [{}, { kind: 'default' }],
    [{ thinking: { type: 'adaptive' } }, { kind: 'default' }],
    [
      { thinking: { type: 'adaptive' }, output_config: { effort: 'xhigh' } },
      { kind: 'level', level: 'xhigh' },
    ],
    [{ output_config: { effort: 'enormous' } }, { kind: 'default' }],
    [{ output_config: { effort: 'none' } }, { kind: 'off' }],
    [{ thinking: { type: 'disabled' }, output_config: { effort: 'high' } }, { kind: 'off' }],
    [{ thinking: { type: 'between_tools' } }, { kind: 'off' }],
    [{ thinking: { type: 'enabled', budget_tokens: 1024 } }, { kind: 'level', level: 'minimal', budget: 1024 }],
    [{ thinking: { type: 'enabled', budget_tokens: 2047 } }, { kind: 'level', level: 'low', budget: 2047 }],
    [{ thinking: { type: 'enabled', budget_tokens: 8192 } }, { kind: 'level', level: 'medium', budget: 8192 }],
    [{ thinking: { type: 'enabled', budget_tokens: 20000 } }, { kind: 'level', level: 'high', budget: 20000 }],
    [{ thinking: { type: 'enabled', budget_tokens: 32000 } }, { kind: 'level', level: 'xhigh', budget: 32000 }],
    [
      { thinking: { type: 'enabled', budget_tokens: 32000 }, output_config: { effort: 'low' } },
      { kind: 'level', level: 'low', budget: 32000 },
    ],
  ])('reads %j as %j', (request, effort) => {
    expect(requestedEffort({ model: 'm', messages: [], ...request })).toEqual(effort);
  });
});

describe('nearestEffort', () => {
  it.each<[Effort, string[], string | undefined]>([
    ['high', ['low', 'medium', 'high'], 'high'],
    ['max', ['low', 'medium', 'high'], 'high'],
    ['xhigh', ['low', 'high', 'max'], 'high'],
    ['minimal', ['low', 'high'], 'low'],
    ['none', ['none', 'low'], 'none'],
    ['none', ['low', 'high'], 'low'],
    ['minimal', ['none', 'medium'], 'medium'],
    ['high', [], undefined],
  ])('of %s among %j is %s', (level, supported, nearest) => {
    expect(nearestEffort(level, supported)).toBe(nearest);
  });
});
