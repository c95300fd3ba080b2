import type { Config } from '../config/schema.ts';
import { compileExpression, type Expression, type ExpressionProblem, isExpressionProblem } from './expression.ts';
import type { Facts } from './facts.ts';
import { normalFileType } from './file-types.ts';
import type { CallScope } from './scope.ts';
import { taskTypeNamed } from './task-type.ts';

export type WrittenCondition = Config['routingRules'][number]['condition'];

export interface Verdict {
  matched: boolean;
  why: string;
}

/** A rule's condition, ready to be asked. */
export type Condition = (facts: Facts, scope: CallScope) => Verdict;

/** What one part found, with what it saw; answers that are always the same are made once. */
type Part = (facts: Facts, scope: CallScope) => Verdict;

/** Makes a condition: all its parts must hold, the cheap ones are asked first. Problems go to `report`. */
export function compileCondition(
  written: WrittenCondition,
  report: (field: string, problem: ExpressionProblem) => void,
): Condition {
  const parts = [...plainParts(written), ...textParts(written), ...costlyParts(written)];
  if (written.expression !== undefined) {
    const expression = compileExpression(written.expression);
    if (isExpressionProblem(expression)) report('expression', expression);
    else parts.push(expressionPart(expression));
  }
  return (facts, scope) => verdictOf(parts, facts, scope);
}

/** An expression alone, as a condition. */
export function expressionCondition(expression: Expression): Condition {
  const part = expressionPart(expression);
  return (facts, scope) => verdictOf([part], facts, scope);
}

function verdictOf(parts: readonly Part[], facts: Facts, scope: CallScope): Verdict {
  let seen = '';
  for (const part of parts) {
    const verdict = part(facts, scope);
    if (!verdict.matched) return verdict;
    seen = seen === '' ? verdict.why : `${seen}; ${verdict.why}`;
  }
  return { matched: true, why: seen === '' ? 'it has no condition' : seen };
}

function plainParts({ key, session, requestedModel, time, ...flags }: WrittenCondition): Part[] {
  const parts: Part[] = [];
  if (key) parts.push((facts) => oneOf(key, facts.key, 'the key is', 'none'));
  if (session) parts.push((facts) => oneOf(session, facts.session, 'the session is', 'unknown'));
  if (requestedModel) {
    const globs = requestedModel.map(globMatcher);
    parts.push(({ requestedModel: model }) => {
      const value = model.toLowerCase();
      return { matched: globs.some((fits) => fits(value)), why: `the request names ${model}` };
    });
  }
  for (const [name, words] of flagWords) {
    const wanted = flags[name];
    if (wanted === undefined) continue;
    const verdicts = { yes: { matched: wanted, why: words.yes }, no: { matched: !wanted, why: words.no } };
    parts.push((_, scope) => (scope[name] ? verdicts.yes : verdicts.no));
  }
  if (time) {
    parts.push((_, scope) => ({
      matched: isWithin(time, scope.date),
      why: isWithin(time, scope.date) ? 'it is the time' : 'it is not the time',
    }));
  }
  return parts;
}

const flagWords = [
  ['isSubagent', { yes: 'a subagent asks', no: 'no subagent asks' }],
  ['isBackground', { yes: 'the client asks by itself', no: 'the client does not ask by itself' }],
  ['hasTools', { yes: 'it offers tools', no: 'it offers no tools' }],
  ['thinking', { yes: 'it asks for thinking', no: 'it asks for no thinking' }],
  ['hasImages', { yes: 'it holds images', no: 'it holds no images' }],
] as const;

function oneOf(wanted: readonly string[], value: string | undefined, words: string, none: string) {
  return { matched: value !== undefined && wanted.includes(value), why: `${words} ${value ?? none}` };
}

function textParts({ messageContains, fileTypes }: WrittenCondition): Part[] {
  const parts: Part[] = [];
  if (messageContains) {
    const wanted = messageContains.map((text) => ({ text, lower: text.toLowerCase() }));
    const none = { matched: false, why: `the human text holds none of ${listed(messageContains)}` };
    parts.push(({ lowerText }) => {
      const found = wanted.find(({ lower }) => lowerText.includes(lower));
      return found ? { matched: true, why: `the human text holds "${found.text}"` } : none;
    });
  }
  if (fileTypes) {
    const wanted = fileTypes.map(normalFileType);
    const none = { matched: false, why: `no ${wanted.join(', ')} file is concerned` };
    parts.push((facts) => {
      const known = facts.fileTypes;
      const found = known.length === 0 ? undefined : wanted.find((type) => known.includes(type));
      return found === undefined ? none : { matched: true, why: `${found} files are concerned` };
    });
  }
  return parts;
}

function costlyParts({ taskType, complexity, tokenCount }: WrittenCondition): Part[] {
  const parts: Part[] = [];
  if (taskType) {
    const wanted = taskType.map((name) => taskTypeNamed(name) ?? name);
    parts.push(({ taskTypes }) => {
      const found = wanted.find((type) => taskTypes.includes(type));
      return { matched: found !== undefined, why: `the task is ${found ?? taskTypes[0]}` };
    });
  }
  if (complexity) {
    parts.push((facts) => ({
      matched: complexity.includes(facts.complexity),
      why: `the complexity is ${facts.complexity}`,
    }));
  }
  if (tokenCount) {
    const { min = 0, max = Number.POSITIVE_INFINITY } = tokenCount;
    parts.push((facts) => {
      return {
        matched: facts.tokenCount >= min && facts.tokenCount <= max,
        why: `the prompt has ${facts.tokenCount} tokens`,
      };
    });
  }
  return parts;
}

function expressionPart({ text, test }: Expression): Part {
  const yes = { matched: true, why: `${text} holds` };
  const no = { matched: false, why: `${text} does not hold` };
  return (_, scope) => {
    const result = test(scope);
    if (typeof result === 'string') return { matched: false, why: `${text} can't be evaluated: ${result}` };
    return result ? yes : no;
  };
}

/** Tells whether a text in lower case fits; `*` stands for any text, and for none. Linear, whatever the glob. */
function globMatcher(glob: string): (value: string) => boolean {
  const [first = '', ...rest] = glob.toLowerCase().split('*');
  const last = rest.pop();
  if (last === undefined) return (value) => value === first;
  return (value) => {
    if (!value.startsWith(first)) return false;
    let position = first.length;
    for (const part of rest) {
      const found = value.indexOf(part, position);
      if (found === -1) return false;
      position = found + part.length;
    }
    return value.length - last.length >= position && value.endsWith(last);
  };
}

/** Local time; a window whose end is before its beginning goes over midnight. */
function isWithin(time: NonNullable<WrittenCondition['time']>, date: Date): boolean {
  if (time.weekdays && !time.weekdays.includes(date.getDay())) return false;
  const from = minutesOf(time.from ?? '00:00');
  const to = minutesOf(time.to ?? '24:00');
  const now = date.getHours() * 60 + date.getMinutes();
  return from <= to ? now >= from && now < to : now >= from || now < to;
}

function minutesOf(written: string): number {
  const [hours, minutes] = written.split(':').map(Number) as [number, number];
  return hours * 60 + minutes;
}

function listed(texts: readonly string[]): string {
  return texts.map((text) => `"${text}"`).join(', ');
}
