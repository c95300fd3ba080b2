import type { Failure } from '../../call/failure.ts';
import { isJsonObject, type MessagesRequest } from '../../protocol/messages.ts';
import type { EncodeInput, Revision } from '../dialect.ts';
import { effortLadder } from '../shared/effort.ts';
import { isRouterSignature } from '../shared/reasoning-state.ts';

/** What to ask instead where the service refuses something that the call can do without; undefined for all else. */
export function reviseRequest({ kind, message }: Failure, input: EncodeInput): Revision | undefined {
  if (kind !== 'upstream-refused-request') return undefined;
  for (const { refusal, revise } of revisions) {
    const revision = refusal.test(message) ? revise(input, message) : undefined;
    if (revision) return revision;
  }
  return undefined;
}

interface Rule {
  refusal: RegExp;
  /** Undefined where the request holds nothing of what was refused. */
  revise(input: EncodeInput, message: string): Revision | undefined;
}

/** As OpenAI words it, for a model or an account that is not what its name says. */
const revisions: readonly Rule[] = [
  { refusal: /reasoning\.summary|reasoning summar(y|ies)/i, revise: withoutSummary },
  { refusal: /effort.*supported values are/is, revise: withKnownEfforts },
  { refusal: /encrypted content is not supported|'reasoning(\.effort)?' is not supported/i, revise: withoutReasoning },
  { refusal: /encrypted content|item .* of type 'reasoning'/i, revise: withoutEarlierReasoning },
  { refusal: /'(temperature|top_p)'.*not support|not support.*'(temperature|top_p)'/i, revise: withoutSampling },
];

/** Some models show summaries to verified organisations alone. */
function withoutSummary(input: EncodeInput): Revision | undefined {
  const { request } = input;
  if (!isJsonObject(request.thinking) || request.thinking.display === 'omitted') return undefined;
  const thinking = { ...request.thinking, display: 'omitted' };
  return { input: { ...input, request: { ...request, thinking } }, warning: 'summary of thinking left out: refused' };
}

function withKnownEfforts(input: EncodeInput, message: string): Revision | undefined {
  const list = message.slice(message.search(/supported values are/i));
  const efforts = effortLadder.filter((level) => list.includes(`'${level}'`));
  if (efforts.length === 0) return undefined;
  return { input: { ...input, quirks: { ...input.quirks, efforts } }, warning: 'effort changed to one the model has' };
}

function withoutReasoning(input: EncodeInput): Revision | undefined {
  if (input.abilities.reasoning === false) return undefined;
  const abilities = { ...input.abilities, reasoning: false };
  return { input: { ...input, abilities }, warning: 'thinking left out: the model has none' };
}

/** What was encrypted for another account or by another model can't be read. */
function withoutEarlierReasoning(input: EncodeInput): Revision | undefined {
  const messages = input.request.messages.map(withoutOwnThinking);
  if (messages.every((message, index) => message === input.request.messages[index])) return undefined;
  const request = { ...input.request, messages };
  return { input: { ...input, request, rawBody: undefined }, warning: 'earlier thinking left out: refused' };
}

function withoutOwnThinking(message: MessagesRequest['messages'][number]): MessagesRequest['messages'][number] {
  if (!Array.isArray(message?.content)) return message;
  const content = message.content.filter((block) => block?.type !== 'thinking' || !isRouterSignature(block.signature));
  return content.length === message.content.length ? message : { ...message, content };
}

function withoutSampling(input: EncodeInput): Revision | undefined {
  const { quirks, request, abilities } = input;
  const asked = request.temperature ?? request.top_p ?? abilities.temperature;
  if (quirks.sampling === 'none' || asked === undefined) return undefined;
  return { input: { ...input, quirks: { ...quirks, sampling: 'none' } }, warning: 'temperature left out: refused' };
}
