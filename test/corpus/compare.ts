import { isDeepStrictEqual } from 'node:util';
import type { Failure } from '../../src/call/failure.ts';
import type { ContentBlock, Message } from '../../src/protocol/messages.ts';
import type { Expected, ExpectedCall, ExpectedError, ExpectedUsage } from './recording.ts';

/** What is wrong with a message that was read from a recording; empty where nothing is. */
export function differences(message: Message, expected: Expected): string[] {
  return [
    ...answerDifferences(message, expected),
    ...callDifferences(toolUses(message), expected.tool_calls),
    ...stopDifferences(message, expected),
    ...(expected.usage ? usageDifferences(message, expected.usage) : []),
  ];
}

/** What is wrong with a failure that was read from a recording. */
export function failureDifferences(failure: Failure, expected: ExpectedError | undefined, inReply: boolean): string[] {
  if (!expected) return [];
  const wrong: string[] = [];
  const words = withoutSpace(expected.message ?? '').slice(0, 60);
  if (!withoutSpace(failure.message).includes(words)) wrong.push(`message: ${failure.message} lacks ${expected.message}`);
  if (inReply) return wrong;
  // A provider that refuses the router's key is no reason for the client to log in again: 403 where it said 401.
  const statuses = expected.status_any?.map((status) => (status === 401 ? 403 : status));
  const types = expected.type_any?.map((type) => (type === 'authentication_error' ? 'permission_error' : type));
  if (statuses && !statuses.includes(failure.status)) wrong.push(`status: ${failure.status}, not ${statuses}`);
  if (types && !types.includes(failure.type)) wrong.push(`type: ${failure.type}, not ${types}`);
  return wrong;
}

function answerDifferences(message: Message, expected: Expected): string[] {
  const text = joined(message, 'text');
  const reasoning = joined(message, 'thinking');
  const answers = [expected, ...(expected.alt ?? [])];
  const fits = answers.some(
    (answer) => isText(text, answer.text, message, expected) && withoutSpace(reasoning) === withoutSpace(answer.reasoning),
  );
  if (fits) return [];
  return [`text ${quoted(text)} and reasoning ${quoted(reasoning)}, not ${quoted(expected.text)} and ${quoted(expected.reasoning)}`];
}

function isText(text: string, wanted: string, message: Message, { refusal, lossy }: Expected): boolean {
  if (refusal) return message.stop_reason === 'refusal' || text.includes(refusal);
  if (text.trim() === wanted.trim()) return true;
  return lossy !== undefined && withoutSpace(text).includes(withoutSpace(wanted));
}

function callDifferences(calls: ToolUse[], wanted: ExpectedCall[]): string[] {
  const whole = wanted.filter((call) => !call.invalid_json);
  const found = calls.filter((call) => whole.length === wanted.length || whole.some((other) => isSame(call, other)));
  if (found.length === whole.length && found.every((call, index) => isSame(call, whole[index]!))) return [];
  return [`calls ${quoted(calls.map(({ name, input }) => ({ name, input })))}, not ${quoted(wanted)}`];
}

function isSame(call: ToolUse, wanted: ExpectedCall): boolean {
  const input = wanted.args ?? wanted.input;
  return call.name === wanted.name && (input === undefined || isDeepStrictEqual(call.input, input));
}

function stopDifferences(message: Message, expected: Expected): string[] {
  if (expected.truncated) return [];
  const cut = expected.tool_calls.some((call) => call.invalid_json);
  const reasons = expected.stop_reason_any ?? (expected.stop_reason === null ? undefined : [expected.stop_reason]);
  const allowed = cut ? ['max_tokens', 'tool_use', 'end_turn'] : reasons;
  if (!allowed || allowed.includes(message.stop_reason ?? '')) return [];
  return [`stop reason ${message.stop_reason}, not ${allowed}`];
}

function usageDifferences({ usage }: Message, wanted: ExpectedUsage): string[] {
  const read = usage.cache_read_input_tokens ?? 0;
  const input = usage.input_tokens + read + (usage.cache_creation_input_tokens ?? 0);
  return [
    ...countDifference('input', input, wanted.input_any ?? [wanted.input]),
    ...countDifference('output', usage.output_tokens, wanted.output_any ?? [wanted.output]),
    ...countDifference('cached', read, wanted.cached_any ?? [wanted.cached]),
  ];
}

function countDifference(name: string, count: number, allowed: number[]): string[] {
  return allowed.includes(count) ? [] : [`${name} tokens ${count}, not ${allowed}`];
}

interface ToolUse {
  name: string;
  input: unknown;
}

function toolUses(message: Message): ToolUse[] {
  return message.content
    .filter((block) => block.type === 'tool_use')
    .map((block) => ({ name: String(block.name), input: block.input }));
}

function joined(message: Message, type: 'text' | 'thinking'): string {
  return message.content
    .filter((block: ContentBlock) => block.type === type)
    .map((block) => String((block as Record<string, unknown>)[type] ?? ''))
    .join('');
}

function withoutSpace(text: string): string {
  return text.replaceAll(/\s+/g, '');
}

function quoted(value: unknown): string {
  return JSON.stringify(value ?? null).slice(0, 200);
}
