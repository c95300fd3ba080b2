import { z } from 'zod';
import { nearest } from './nearest.ts';
import { type ConfigProblem, shownValue } from './problems.ts';
import { configSchema } from './schema.ts';
import type { Substituted } from './substitute.ts';

interface Told {
  path: readonly PropertyKey[];
  told: ConfigProblem;
}

type Issue = z.core.$ZodIssue;

/** What a schema error means for the person who wrote the file. */
export function problemsOf(error: z.ZodError, filled: Substituted): Told[] {
  return error.issues.flatMap((issue) => tell(issue as Issue, [], filled));
}

function tell(issue: Issue, above: readonly PropertyKey[], filled: Substituted): Told[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey([...path, key], filled));
  if (issue.code === 'invalid_union') {
    const branch = likeliestBranch(issue.errors);
    if (branch) return branch.flatMap((inner) => tell(inner, path, filled));
    return [toldAt(path, expectedOfUnion(issue.errors), filled)];
  }
  if (issue.code === 'invalid_key')
    return [toldAt(path, `not a possible name: ${issue.issues[0]?.message ?? ''}`, filled)];
  return [toldAt(path, messageOf(issue), filled, suggestionFor(issue, valueAt(filled.value, path)))];
}

/** The alternative that the writer had in mind: the one that was followed deepest. */
function likeliestBranch(branches: readonly Issue[][]): Issue[] | undefined {
  const deep = branches.filter((issues) =>
    issues.some((issue) => issue.path.length > 0 || issue.code === 'unrecognized_keys' || issue.code === 'custom'),
  );
  return deep[0];
}

function expectedOfUnion(branches: readonly Issue[][]): string {
  const expected = branches
    .flat()
    .map((issue) => (issue.code === 'invalid_type' ? articled(issue.expected) : issue.message));
  return `expected ${[...new Set(expected)].join(' or ')}`;
}

function messageOf(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${articled(issue.expected)}`;
    case 'invalid_value':
      return `expected ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'too_small':
      return `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${issue.origin === 'number' ? '' : ' long'}`;
    case 'too_big':
      return `must be ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${issue.origin === 'number' ? '' : ' long'}`;
    default:
      return issue.message;
  }
}

function articled(type: string): string {
  if (type === 'record' || type === 'object') return 'an object';
  return type === 'array' ? 'a list' : /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

function suggestionFor(issue: Issue, value: unknown): string | undefined {
  if (issue.code !== 'invalid_value' || typeof value !== 'string') return undefined;
  return nearest(value, issue.values.map(String));
}

function unknownKey(path: readonly PropertyKey[], filled: Substituted): Told {
  const known = keysAt(path.slice(0, -1));
  const told: ConfigProblem = { path: path.join('.'), message: 'unknown key' };
  const suggestion = nearest(String(path.at(-1)), known);
  if (suggestion !== undefined) told.suggestion = suggestion;
  else if (known.length > 0 && known.length <= 16) told.message = `unknown key; known here: ${known.join(', ')}`;
  void filled;
  return { path, told };
}

function toldAt(path: readonly PropertyKey[], message: string, filled: Substituted, suggestion?: string): Told {
  const name = path.join('.');
  const missing = filled.missing.find((variable) => variable.path === name);
  const unopened = filled.unopened.find((value) => value.path === name);
  const told: ConfigProblem = { path: name, message };
  if (missing) told.message = `environment variable ${missing.name} is not set, and ${message}`;
  else if (unopened) told.message = `the encrypted value can't be opened: ${unopened.reason}`;
  else {
    const value = valueAt(filled.value, path);
    if (value === undefined) told.message = message.startsWith('expected') ? `is missing; ${message}` : message;
    else told.value = shownValue(path, value);
  }
  if (suggestion !== undefined) told.suggestion = suggestion;
  return { path, told };
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((part, key) => (part as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

type JsonSchema = {
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  allOf?: JsonSchema[];
};

/** The keys that the schema knows at a path; the schema is spelt out only when something is wrong. */
function keysAt(path: readonly PropertyKey[]): string[] {
  let schemas: JsonSchema[] = [
    z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7', unrepresentable: 'any' }) as JsonSchema,
  ];
  for (const part of path) {
    schemas = schemas.flatMap(alternatives).flatMap((schema) => {
      if (typeof part === 'number') return schema.items ? [schema.items] : [];
      const property = schema.properties?.[String(part)] ?? schema.additionalProperties;
      return typeof property === 'object' ? [property] : [];
    });
  }
  return [...new Set(schemas.flatMap(alternatives).flatMap((schema) => Object.keys(schema.properties ?? {})))];
}

function alternatives(schema: JsonSchema): JsonSchema[] {
  const inner = [...(schema.anyOf ?? []), ...(schema.allOf ?? [])];
  return inner.length === 0 ? [schema] : [schema, ...inner.flatMap(alternatives)];
}
