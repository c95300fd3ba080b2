import { groupKeys } from '../ledger/ledger.ts';
import type { Route } from './route-table.ts';

/** What a query may say: a line for each name. */
export type QueryDescription = Readonly<Record<string, string>>;

const span = {
  since: 'from when on: so long ago (`24h`, `7d`) or a date; a day ago where left out',
  until: 'until when: the same; now where left out',
};

export const statisticsQuery: QueryDescription = {
  ...span,
  groupBy: `the same for each of ${groupKeys.join(', ')}`,
};

export const callsQuery: QueryDescription = {
  limit: 'how many, 1 to 1000; 50 where left out',
  ...span,
  ...Object.fromEntries(
    ['model', 'provider', 'key', 'session', 'rule', 'outcome'].map((name) => [name, `calls with this ${name} alone`]),
  ),
};

export const profileQuery: QueryDescription = {
  seconds: 'how long, 1 to 60; 5 where left out',
  type: '`cpu` or `heap`; `cpu` where left out',
};

/** What the router itself reads of a body; the rest is the provider's to judge. */
const bodies = {
  Messages: conversation("A request of Anthropic's Messages API", 'messages'),
  Chat: conversation("A request of OpenAI's Chat Completions API", 'messages'),
  Responses: {
    type: 'object',
    description: "A request of OpenAI's Responses API",
    properties: { model: { type: 'string' }, input: { anyOf: [{ type: 'string' }, { type: 'array' }] } },
  },
  Explain: {
    description: 'A request of the Messages API, or that with the headers it would come with',
    anyOf: [
      { $ref: '#/components/schemas/Messages' },
      {
        type: 'object',
        properties: {
          request: { $ref: '#/components/schemas/Messages' },
          headers: { type: 'object', additionalProperties: { type: 'string' } },
        },
        required: ['request'],
      },
    ],
  },
} as const;

/** The form of a request's body. */
export type BodyName = keyof typeof bodies;

const error = {
  type: 'object',
  description: "Anthropic's envelope; on the paths of OpenAI's API it is OpenAI's, without the outer `type`",
  properties: {
    type: { const: 'error' },
    error: {
      type: 'object',
      properties: { type: { type: 'string' }, message: { type: 'string' } },
      required: ['type', 'message'],
    },
  },
  required: ['error'],
};

/** The routes as an OpenAPI 3.1 document. */
export function openApiOf(routes: readonly Route[], version: string) {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = route.path.replace('*', '{id}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Claude Code Router', version },
    paths,
    components: {
      schemas: { ...bodies, Error: error },
      securitySchemes: {
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
        bearer: { type: 'http', scheme: 'bearer' },
      },
    },
  };
}

function operationOf({ path, summary, permissions, query = {}, body, replies = ['application/json'] }: Route) {
  const inPath = path.endsWith('*') ? [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }] : [];
  const inQuery = Object.entries(query).map(([name, description]) => ({
    ...{ name, in: 'query', description, schema: { type: 'string' } },
  }));
  return {
    summary,
    ...(permissions.length === 0 ? {} : { description: `Permission: ${permissions.join(' or ')}.` }),
    // A router without keys asks for none.
    security: permissions.length === 0 ? [] : [{}, { apiKey: [] }, { bearer: [] }],
    ...(inPath.length + inQuery.length === 0 ? {} : { parameters: [...inPath, ...inQuery] }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: jsonContent(`#/components/schemas/${body}`) } }),
    responses: {
      ...{
        [path.startsWith('/api/control/') ? '202' : '200']: { description: 'As asked', content: contentOf(replies) },
      },
      default: { description: 'What went wrong', content: jsonContent('#/components/schemas/Error') },
    },
  };
}

function contentOf(kinds: readonly string[]) {
  return Object.fromEntries(kinds.map((kind) => [kind, {}]));
}

function jsonContent(reference: string) {
  return { 'application/json': { schema: { $ref: reference } } };
}

function conversation(description: string, list: string) {
  return {
    type: 'object',
    description,
    properties: { model: { type: 'string' }, [list]: { type: 'array' } },
    required: ['model', list],
  } as const;
}
