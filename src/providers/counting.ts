import { isJsonObject, type JsonObject } from '../protocol/messages.ts';
import { parseJson } from '../protocol/stream-event.ts';

/** How a provider is asked how many tokens a prompt has. */
export interface Counting {
  /** `query` is the client's, with its `?`, or ''. */
  url(query: string): string;
  /** The body to send, made of an encoded call. */
  body(encoded: Buffer): Buffer;
  /** `{input_tokens}` and what else the reply says; undefined where it says no count. */
  read(reply: JsonObject): JsonObject | undefined;
}

/** Anthropic's own: `count_tokens` behind the path of a call, whose URL is given. */
export function messagesCounting(callUrl: string): Counting {
  const [path, ownQuery] = callUrl.split('?');
  return {
    url: (query) => `${path}/count_tokens${ownQuery === undefined ? query : `?${ownQuery}`}`,
    body: (encoded) => encoded,
    read: withInputTokens,
  };
}

/** Vertex counts at one URL for all models; the model is named in the body. */
export function rawPredictCounting(url: string, model: string): Counting {
  return {
    url: () => url,
    body: (encoded) => Buffer.from(JSON.stringify({ model, ...objectIn(encoded) })),
    read: withInputTokens,
  };
}

/** Gemini's own, for the URL of a call: takes the whole request below its model's name. */
export function generateContentCounting(callUrl: string): Counting {
  const url = callUrl.replace(/:generateContent$/, ':countTokens');
  const [, model] = /\/(models\/[^/]+):countTokens$/.exec(url) ?? [];
  const isVertex = url.includes('/publishers/');
  return {
    url: () => url,
    body: (encoded) => {
      const request = objectIn(encoded);
      const { contents, systemInstruction, tools } = request;
      const asked = isVertex
        ? { contents, systemInstruction, tools }
        : { generateContentRequest: { ...request, model } };
      return Buffer.from(JSON.stringify(asked));
    },
    read: ({ totalTokens }) => (Number.isInteger(totalTokens) ? { input_tokens: totalTokens } : undefined),
  };
}

/** OpenAI's own, behind the URL of a call; it refuses fields that have nothing to do with the prompt. */
export function responsesCounting(callUrl: string): Counting {
  const counted = new Set(countedFields);
  return {
    url: () => `${callUrl}/input_tokens`,
    body: (encoded) => {
      const fields = Object.entries(objectIn(encoded)).filter(([name]) => counted.has(name));
      return Buffer.from(JSON.stringify(Object.fromEntries(fields)));
    },
    read: ({ input_tokens: tokens }) => (Number.isInteger(tokens) ? { input_tokens: tokens } : undefined),
  };
}

const countedFields = [
  ...['conversation', 'input', 'instructions', 'model', 'parallel_tool_calls', 'previous_response_id', 'reasoning'],
  ...['text', 'tool_choice', 'tools', 'truncation'],
];

/** Bedrock counts a whole InvokeModel body, which must bound the answer that nobody will give. */
export function invokeModelCounting(url: string): Counting {
  return {
    url: () => url,
    body: (encoded) => {
      const body = Buffer.from(JSON.stringify({ max_tokens: 1, ...objectIn(encoded) }));
      return Buffer.from(JSON.stringify({ input: { invokeModel: { body: body.toString('base64') } } }));
    },
    read: ({ inputTokens }) => (Number.isInteger(inputTokens) ? { input_tokens: inputTokens } : undefined),
  };
}

function withInputTokens(reply: JsonObject): JsonObject | undefined {
  return Number.isInteger(reply.input_tokens) ? reply : undefined;
}

function objectIn(body: Buffer): JsonObject {
  const parsed = parseJson(body.toString('utf8'));
  return isJsonObject(parsed) ? parsed : {};
}
