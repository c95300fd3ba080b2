import { describe, expect, it } from 'vitest';
import { compileExpression, type ExpressionScope, isExpressionProblem } from './expression.ts';

const scope: ExpressionScope = {
  tokenCount: 700,
  textTokens: 12,
  messageCount: 3,
  model: 'claude-opus-5-5',
  hasImages: false,
  hasTools: true,
  thinking: false,
  stream: true,
  isSubagent: false,
  isBackground: false,
  taskType: 'code',
  complexity: 'low',
  text: 'write a parser in main.py',
  fileTypes: ['.py'],
  session: 'abc',
  key: 'team-a',
  hour: 9,
  weekday: 2,
};

function evaluate(text: string): boolean | string {
  const expression = compileExpression(text);
  if (isExpressionProblem(expression)) throw new Error(`${text}: ${expression.message}`);
  return expression.test(scope);
}

describe('expressions', () => {
  it.each([
    ['tokenCount < 500', false],
    ['tokenCount >= 500 && tokenCount < 2000', true],
    ['tokenCount >= 2000', false],
    ['tokenCount == 700', true],
    ['tokenCount != 700', false],
    ['700 == tokenCount', true],
    ['tokenCount / 2 + 1 > 350', true],
    ['tokenCount % 2 == 0', true],
    ['tokenCount > 1e2', true],
    ['hour in [8, 9, 10] && !(weekday in [0, 6])', true],
    ['hour in []', false],
    ['size(text) > 5 && text.contains("parser")', true],
    ['".py" in fileTypes || hasImages', true],
    ['fileTypes.exists(type, type.endsWith("py"))', true],
    ['model.startsWith("claude-") && taskType == "code" && complexity != "high"', true],
    ['hasTools == true && thinking == false && stream', true],
    ['key == "team-a" ? isSubagent : isBackground', false],
    ['text == "a [1, 2] in [3]"', false],
  ])('%s is %s', (text, expected) => {
    expect(evaluate(text)).toBe(expected);
  });

  it.each([
    ['tokenCoun > 5', 1, 'unknown variable', 'tokenCount'],
    ['tokenCount > 5 && hasImage', 19, 'unknown variable', 'hasImages'],
    ['hour in [1, 2] && has_tools', 19, 'unknown variable', 'hasTools'],
    ['tokenCount >', 13, 'Unexpected token', undefined],
    ['tokenCount === 5', 14, 'write ==', undefined],
    ['tokenCount = 5', 12, 'write ==', undefined],
    ['hasImages and hasTools', 13, '&&', undefined],
    ['text > 5', 1, 'no such overload', undefined],
    ['tokenCount', 1, 'true or false', undefined],
    ['text.matches("(a+)+$")', 1, 'matches', undefined],
    ['fileTypes.all(a, fileTypes.all(b, a == b))', 18, 'inside another loop', undefined],
    ['constructor == 5', 1, 'unknown variable', undefined],
  ])('%s is refused at column %i: %s', (text, column, message, suggestion) => {
    const problem = compileExpression(text);
    expect(problem).toMatchObject({ message: expect.stringContaining(message) });
    expect(isExpressionProblem(problem) && problem.suggestion).toBe(suggestion);
    expect(isExpressionProblem(problem) && Math.abs(problem.column - column)).toBeLessThanOrEqual(3);
  });

  it('says why it can’t be evaluated instead of throwing', () => {
    expect(evaluate('fileTypes[3] == ".py"')).toEqual(expect.any(String));
  });

  it('reads only the variables it names', () => {
    const read: string[] = [];
    const watched = new Proxy(scope, {
      get(target, name) {
        read.push(String(name));
        return target[name as keyof ExpressionScope];
      },
    });
    const expression = compileExpression('hasTools && hour > 3');
    expect(isExpressionProblem(expression) || expression.test(watched)).toBe(true);
    expect([...new Set(read)].filter((name) => name in scope)).toEqual(['hasTools', 'hour']);
  });
});
