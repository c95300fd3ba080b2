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

/** What one part found: `holds` with what it saw, or why it does not. */
type Part = (facts: Facts, scope: CallScope) => { holds: boolean; saw: string };

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
    const { holds, saw } = part(facts, scope);
    if (!holds) return { matched: false, why: saw };
    seen = seen === '' ? saw : `${seen}; ${saw}`;
  }
  return { matched: true, why: seen === '' ? 'it has no condition' : seen };
}

function plainParts({ key, session, requestedModel, time, ...flags }: WrittenCondition): Part[] {
  const parts: Part[] = [];
  if (key) parts.push((facts) => oneOf(key, facts.key, 'the key is', 'none'));
  if (session) parts.push((facts) => oneOf(session, facts.session, 'the session is', 'unknown'));
  if (requestedModel) {
    parts.push(({ requestedModel: model }) => {
      return { holds: requestedModel.some((glob) => globMatches(glob, model)), saw: `the request names ${model}` };
    });
  }
  for (const [name, words] of flagWords) {
    const wanted = flags[name];
    if (wanted === undefined) continue;
    parts.push((_, scope) => {
      const value = scope[name];
      return { holds: value === wanted, saw: value ? words.yes : words.no };
    });
  }
  if (time) {
    parts.push((_, scope) => ({
      holds: isWithin(time, scope.date),
      saw: isWithin(time, scope.date) ? 'it is the time' : 'it is not the time',
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
  return { holds: value !== undefined && wanted.includes(value), saw: `${words} ${value ?? none}` };
}

function textParts({ messageContains, fileTypes }: WrittenCondition): Part[] {
  const parts: Part[] = [];
  if (messageContains) {
    const wanted = messageContains.map((text) => ({ text, lower: text.toLowerCase() }));
    const none = `the human text holds none of ${listed(messageContains)}`;
    parts.push((facts) => {
      const found = wanted.find(({ lower }) => facts.lowerText.includes(lower));
      return { holds: found !== undefined, saw: found ? `the human text holds "${found.text}"` : none };
    });
  }
  if (fileTypes) {
    const wanted = fileTypes.map(normalFileType);
    parts.push((facts) => {
      const found = facts.fileTypes.length === 0 ? undefined : wanted.find((type) => facts.fileTypes.includes(type));
      if (found !== undefined) return { holds: true, saw: `${found} files are concerned` };
      return {
        holds: false,
        saw: `no ${wanted.join(', ')} file is concerned (${facts.fileTypes.join(', ') || 'none is named'})`,
      };
    });
  }
  return parts;
}

function costlyParts({ taskType, complexity, tokenCount }: WrittenCondition): Part[] {
  const parts: Part[] = [];
  if (taskType) {
    const wanted = taskType.map((name) => taskTypeNamed(name) ?? name);
    parts.push(({ taskTypes }) => {
      return { holds: wanted.some((type) => taskTypes.includes(type)), saw: `the task is ${taskTypes.join(' or ')}` };
    });
  }
  if (complexity) {
    parts.push((facts) => ({
      holds: complexity.includes(facts.complexity),
      saw: `the complexity is ${facts.complexity}`,
    }));
  }
  if (tokenCount) {
    const { min = 0, max = Number.POSITIVE_INFINITY } = tokenCount;
    parts.push((facts) => {
      return {
        holds: facts.tokenCount >= min && facts.tokenCount <= max,
        saw: `the prompt has ${facts.tokenCount} tokens`,
      };
    });
  }
  return parts;
}

function expressionPart({ text, test }: Expression): Part {
  return (_, scope) => {
    const result = test(scope);
    if (result === true) return { holds: true, saw: `${text} holds` };
    return { holds: false, saw: result === false ? `${text} does not hold` : `${text} can't be evaluated: ${result}` };
  };
}

/** `*` stands for any text, and for none; case does not matter. */
export function globMatches(glob: string, text: string): boolean {
  const [first = '', ...rest] = glob.toLowerCase().split('*');
  const value = text.toLowerCase();
  const last = rest.pop();
  if (last === undefined) return value === first;
  if (!value.startsWith(first)) return false;
  let position = first.length;
  for (const part of rest) {
    const found = value.indexOf(part, position);
    if (found === -1) return false;
    position = found + part.length;
  }
  return value.length - last.length >= position && value.endsWith(last);
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
