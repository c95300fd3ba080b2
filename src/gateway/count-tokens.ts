import type { Call } from '../call/call.ts';
import { isJsonObject, type JsonObject } from '../protocol/messages.ts';
import { parseJson } from '../protocol/stream-event.ts';
import type { Counting } from '../providers/counting.ts';
import type { Target } from '../providers/target.ts';
import { credentialsOf } from './attempt.ts';
import { Deadline } from './deadline.ts';
import type { GatewayParts } from './parts.ts';
import { readWhole } from './read-whole.ts';
import { routeCall } from './route-call.ts';

/** `{input_tokens}`, and what else the upstream says; an estimate where it has no count or does not answer. */
export async function countPromptTokens(parts: GatewayParts, call: Call): Promise<JsonObject> {
  const { decision } = await routeCall(parts, call);
  const [target] = decision.targets;
  if (target?.counting && !withoutCounting.has(target)) {
    const counted = await askUpstream(parts, call, target, target.counting).catch(() => undefined);
    if (counted) return counted;
  }
  return { input_tokens: parts.estimateTokens(call.request, target?.model ?? call.request.model) };
}

/** Servers in a provider's place that do not have all of its methods: they are asked once. */
const withoutCounting = new WeakSet<Target>();
const isNoMethod = new Set([404, 405, 501]);

async function askUpstream(
  parts: GatewayParts,
  call: Call,
  target: Target,
  counting: Counting,
): Promise<JsonObject | undefined> {
  const [key] = target.keys.inTurn();
  const encoded = target.dialect.encodeRequest({
    request: call.request,
    rawBody: call.rawBody,
    callId: call.id,
    provider: target.provider,
    model: target.model,
    stream: false,
    quirks: target.quirks,
    abilities: {},
    sessionId: call.sessionId,
    anthropicHeaders: Object.fromEntries(
      Object.entries(call.headers).filter(([name]) => name.startsWith('anthropic-')),
    ),
  });
  const deadline = new Deadline(call.signal, {
    ...target,
    timeouts: { firstByte: 10_000, idle: 10_000, total: 20_000 },
  });
  try {
    const body = counting.body(encoded.body);
    const url = counting.url(call.query);
    const { signal } = deadline;
    const credentials = await credentialsOf(parts, call, target, key, { url, body, signal });
    const reply = await parts.upstream.send({
      ...{ method: 'POST', url, body, signal },
      headers: { ...encoded.headers, ...credentials, ...target.headers },
      provider: target.provider,
    });
    if (isNoMethod.has(reply.status)) withoutCounting.add(target);
    const text = (await readWhole(reply.body, 1024 * 1024, target.provider, () => undefined)).toString('utf8');
    const counted = parseJson(text);
    return reply.status === 200 && isJsonObject(counted) ? counting.read(counted) : undefined;
  } finally {
    deadline.end();
  }
}
