import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import { nearest } from '../config/nearest.ts';

/** What an expression may ask of a call. */
export interface ExpressionScope {
  readonly tokenCount: number;
  readonly textTokens: number;
  readonly messageCount: number;
  readonly model: string;
  readonly hasImages: boolean;
  readonly hasTools: boolean;
  readonly thinking: boolean;
  readonly stream: boolean;
  readonly isSubagent: boolean;
  readonly isBackground: boolean;
  readonly taskType: string;
  readonly complexity: string;
  readonly text: string;
  readonly fileTypes: readonly string[];
  readonly session: string;
  readonly key: string;
  readonly hour: number;
  readonly weekday: number;
}

/** A checked condition: true, false, or what kept it from being evaluated. Reads only the variables it names. */
export interface Expression {
  text: string;
  test(scope: ExpressionScope): boolean | string;
}

/** What is wrong with an expression, where (from 1), and the name that was probably meant. */
export interface ExpressionProblem {
  message: string;
  column: number;
  suggestion?: string;
}

const variables = {
  tokenCount: 'double',
  textTokens: 'double',
  messageCount: 'double',
  model: 'string',
  hasImages: 'bool',
  hasTools: 'bool',
  thinking: 'bool',
  stream: 'bool',
  isSubagent: 'bool',
  isBackground: 'bool',
  taskType: 'string',
  complexity: 'string',
  text: 'string',
  fileTypes: 'list<string>',
  session: 'string',
  key: 'string',
  hour: 'double',
  weekday: 'double',
} as const satisfies Record<keyof ExpressionScope, string>;

/**
 * Reads a condition in the Common Expression Language over the facts of a call, as
 * `tokenCount >= 500 && tokenCount < 2000`. Numbers of either form compare and compute with each other. What could take
 * long is refused: regular expressions, and loops within loops.
 */
export function compileExpression(text: string): Expression | ExpressionProblem {
  const source = withPlainNumbers(text);
  try {
    const checked = environment().check(source.text);
    if (!checked.valid) return problemOf(checked.error, source);
    if (checked.type !== 'bool' && checked.type !== 'dyn') {
      return { message: `a condition is true or false, and this is a ${nameOfType(String(checked.type))}`, column: 1 };
    }
    const evaluate = environment().parse(source.text);
    const refused = refusedIn(evaluate.ast as ASTNode, false);
    if (refused) return { message: refused.message, column: source.columnOf(refused.node.start) };
    return { text, test: (scope) => evaluated(evaluate, scope) };
  } catch (error) {
    return problemOf(error, source);
  }
}

/** True for what is wrong with an expression. */
export function isExpressionProblem(value: Expression | ExpressionProblem): value is ExpressionProblem {
  return 'column' in value;
}

/** Names of variables in a text that holds a condition. */
export const expressionVariables: readonly string[] = Object.keys(variables);

function evaluated(evaluate: (scope: never) => unknown, scope: ExpressionScope): boolean | string {
  try {
    const value = evaluate(scope as never);
    return typeof value === 'boolean' ? value : `it is neither true nor false`;
  } catch (error) {
    return firstLine(error);
  }
}

let shared: Environment | undefined;

/** Made on first use. A count is a JavaScript number, so numbers are doubles and whole ones in a text join them. */
function environment(): Environment {
  if (shared) return shared;
  shared = new Environment({
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 400, maxDepth: 40, maxListElements: 200, maxMapEntries: 50, maxCallArguments: 16 },
  });
  for (const [name, type] of Object.entries(variables)) shared.registerVariable(name, type);
  for (const [operator, compute] of Object.entries(arithmetic)) {
    shared.registerOperator(`double ${operator} int: double`, compute);
    shared.registerOperator(`int ${operator} double: double`, compute);
  }
  shared.registerOperator('double % double: double', arithmetic['%']);
  shared.registerOperator('double == int: bool', (a: number, b: bigint) => a === Number(b));
  return shared;
}

const arithmetic = {
  '+': (a: number | bigint, b: number | bigint) => Number(a) + Number(b),
  '-': (a: number | bigint, b: number | bigint) => Number(a) - Number(b),
  '*': (a: number | bigint, b: number | bigint) => Number(a) * Number(b),
  '/': (a: number | bigint, b: number | bigint) => Number(a) / Number(b),
  '%': (a: number | bigint, b: number | bigint) => Number(a) % Number(b),
};

interface Source {
  text: string;
  /** The column in what was written, from a position in `text`. */
  columnOf(position: number): number;
}

/** Lists of whole numbers behind `in` are written as doubles, which is what they are compared with. */
function withPlainNumbers(written: string): Source {
  const added: number[] = [];
  let text = '';
  let inList = false;
  let position = 0;
  const token = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\bin\s*\[|\]|(?<![\w.])\d+(?![\w.])/g;
  for (const match of written.matchAll(token)) {
    text += written.slice(position, match.index);
    position = match.index + match[0].length;
    text += match[0];
    if (/^in\b/.test(match[0])) inList = true;
    else if (match[0] === ']') inList = false;
    else if (inList && /^\d/.test(match[0])) {
      added.push(text.length);
      text += '.0';
    }
  }
  text += written.slice(position);
  return { text, columnOf: (at) => 1 + at - 2 * added.filter((place) => place < at).length };
}

function problemOf(error: unknown, source: Source): ExpressionProblem {
  const range = (error as { range?: { start: number; end: number } }).range;
  const start = range?.start ?? 0;
  const problem: ExpressionProblem = {
    message: friendly(firstLine(error), source.text, start),
    column: source.columnOf(start),
  };
  const unknown = /^Unknown variable: (\w+)/.exec(firstLine(error))?.[1];
  if (unknown !== undefined) {
    problem.message = `unknown variable ${unknown}`;
    const meant = nearest(unknown, expressionVariables);
    if (meant !== undefined) problem.suggestion = meant;
    else problem.message += `; there are ${expressionVariables.join(', ')}`;
  }
  return problem;
}

/** Habits of other languages get the word that is right here. */
function friendly(message: string, text: string, start: number): string {
  if (text.slice(start - 2, start + 2).includes('===')) return 'write == instead of ===';
  if (/\b(and|or)\b/i.test(text.slice(Math.max(0, start - 4), start + 4))) return 'write && for "and" and || for "or"';
  if (/Unexpected character: =/.test(message)) return 'write == to compare';
  return message.replaceAll('double', 'number').replaceAll('EOF', 'the end');
}

function nameOfType(type: string): string {
  return type === 'double' || type === 'int' ? 'number' : type;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}

const loops = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

/** The first part that could take long. */
function refusedIn(node: ASTNode, inLoop: boolean): { message: string; node: ASTNode } | undefined {
  const name = node.op === 'rcall' || node.op === 'call' ? node.args[0] : undefined;
  if (name === 'matches') {
    return { message: 'matches() is not allowed: use contains(), startsWith() or endsWith()', node };
  }
  const isLoop = name !== undefined && loops.has(name);
  if (isLoop && inLoop) return { message: `${name}() inside another loop is not allowed`, node };
  for (const child of nodesIn(node.args)) {
    const refused = refusedIn(child, inLoop || isLoop);
    if (refused) return refused;
  }
  return undefined;
}

function nodesIn(value: unknown): ASTNode[] {
  if (Array.isArray(value)) return value.flatMap(nodesIn);
  return typeof value === 'object' && value !== null && 'op' in value ? [value as ASTNode] : [];
}
