import type { Call } from '../../src/call/call.ts';
import { type Config, configSchema } from '../../src/config/schema.ts';
import { anthropic } from '../../src/dialects/anthropic/index.ts';
import type { ModelAbilities } from '../../src/dialects/dialect.ts';
import { plainQuirks } from '../../src/dialects/quirks.ts';
import type { Price } from '../../src/models/catalog.ts';
import { measureRequest } from '../../src/models/tokens.ts';
import type { MessagesRequest } from '../../src/protocol/messages.ts';
import { KeyPool } from '../../src/providers/key-pool.ts';
import type { Target } from '../../src/providers/target.ts';
import { buildTable } from '../../src/routing/build-table.ts';
import { type Facts, readFacts } from '../../src/routing/facts.ts';
import type { RoutingTable } from '../../src/routing/table.ts';
import type { ClientRequest } from './claude-code-request.ts';

/** A target that nothing is sent to. */
export function targetNamed(name: string, abilities: ModelAbilities = {}, problem?: string): Target {
  return {
    name,
    aliases: [`test/${name}`],
    provider: 'test',
    providerType: 'openai-compatible',
    model: name,
    dialect: anthropic,
    quirks: plainQuirks,
    abilities,
    timeouts: { firstByte: 0, idle: 0, total: 0 },
    auth: 'none',
    credential: undefined,
    counting: undefined,
    keys: new KeyPool([]),
    passThroughCredential: false,
    headers: {},
    problem,
    url: () => 'http://127.0.0.1:1',
  };
}

export interface TableOptions {
  targets: readonly Target[];
  prices?: Readonly<Record<string, Price>>;
}

/** The routing table of a configuration's routing blocks over these targets. */
export function tableOf(blocks: Record<string, unknown>, { targets, prices = {} }: TableOptions): RoutingTable {
  const config: Config = configSchema.parse(blocks);
  const find = (name: string) => targets.find((target) => target.name === name || target.aliases.includes(name));
  const { defaultModel } = config.routing;
  return buildTable(config, {
    find,
    resolve: find,
    defaultTarget: (defaultModel === undefined ? undefined : find(defaultModel)) ?? targets[0],
    targets,
    weightOf: () => undefined,
    priceOf: ({ name }) => prices[name],
  }).table;
}

/** The facts of a request. */
export function factsFrom({ headers, body }: ClientRequest, caller: Partial<Call['caller']> = {}): Facts {
  const call: Call = {
    id: 'req_test',
    startedAt: 0,
    caller: { name: 'local', permissions: new Set(['read', 'write', 'admin']), ...caller },
    request: body as MessagesRequest,
    rawBody: undefined,
    query: '',
    headers,
    sessionId: headers['x-claude-code-session-id'],
    signal: new AbortController().signal,
  };
  return readFacts(call, { measurePrompt: (request) => measureRequest(request) });
}

/** The facts of a text that a person typed into a client that adds nothing. */
export function factsOfText(text: string, more: Record<string, unknown> = {}): Facts {
  return factsFrom({
    headers: {},
    body: { model: 'claude-opus-5-5', messages: [{ role: 'user', content: text }], ...more },
  });
}
