import type { Failure } from '../../call/failure.ts';
import { isJsonObject, type JsonObject, type MessagesRequest } from '../../protocol/messages.ts';
import type { EncodeInput, Revision } from '../dialect.ts';

/**
 * Without the fields that a service says it does not know (`tools.0.custom.strict: Extra inputs are not permitted`), or
 * without betas where it knows one of them not. Anthropic itself is never asked otherwise than the client asked.
 */
export function reviseFields({ details, message }: Failure, input: EncodeInput): Revision | undefined {
  const { quirks, request } = input;
  const own = quirks.bodyFields === 'all' && quirks.clientIdentity === 'forward';
  if (own || details.upstreamStatus !== 400) return undefined;
  if (unknownBeta.test(message)) return withoutBetas(input);
  const paths = [...message.matchAll(unknownField)].map(([, path]) => path!.split('.'));
  const revised = paths.reduce<unknown>((value, path) => without(value, path), request);
  if (revised === request) return undefined;
  const names = [...new Set(paths.map((path) => path.filter((part) => !/^\d+$/.test(part)).join('.')))].join(', ');
  return {
    input: { ...input, request: revised as MessagesRequest, rawBody: undefined },
    warning: `${names} dropped: refused by ${input.provider}`,
  };
}

const unknownField = /([\w.-]+): Extra inputs are not permitted/g;
const unknownBeta = /invalid beta flag|for the `anthropic-beta` header/i;

function withoutBetas(input: EncodeInput): Revision | undefined {
  const { 'anthropic-beta': asked, ...anthropicHeaders } = input.anthropicHeaders;
  const { anthropic_beta: inBody, ...request } = input.request;
  if (asked === undefined && inBody === undefined) return undefined;
  return {
    input: { ...input, anthropicHeaders, request: request as MessagesRequest, rawBody: undefined },
    warning: `anthropic-beta ${asked ?? String(inBody)} dropped: refused by ${input.provider}`,
  };
}

/** Without the field at the path, in every element of a list on the way, since a service may name the first alone. */
function without(value: unknown, [part, ...rest]: string[]): unknown {
  if (part === undefined) return value;
  if (Array.isArray(value)) {
    const path = /^\d+$/.test(part) ? rest : [part, ...rest];
    const items = value.map((item) => without(item, path));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  if (!isJsonObject(value)) return value;
  if (rest.length === 0) return Object.hasOwn(value, part) ? leftOut(value, part) : value;
  const inner = without(value[part], rest);
  if (inner !== value[part]) return { ...value, [part]: inner };
  // The path also holds the kind of an element (`tools.0.custom.strict`), which is no field or another one.
  return without(value, rest);
}

function leftOut(value: JsonObject, field: string): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== field));
}
