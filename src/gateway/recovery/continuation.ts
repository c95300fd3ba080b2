import type { Call } from '../../call/call.ts';
import type { InputMessage, MessagesRequest } from '../../protocol/messages.ts';

const ask =
  'Your answer was cut off by a technical fault. Go on from exactly where it stops: repeat nothing of it and say nothing about the fault.';

/**
 * The call for what is missing of an answer: what was said stands behind the conversation, with the wish that it be gone
 * on with. Where nothing was said it is the call as it was.
 */
export function continuationCall(call: Call, said: string, outputTokens: number): Call {
  const text = said.trimEnd();
  if (text === '') return call;
  const { max_tokens: maxTokens } = call.request;
  const messages: InputMessage[] = [
    ...call.request.messages,
    { role: 'assistant', content: [{ type: 'text', text }] },
    { role: 'user', content: [{ type: 'text', text: ask }] },
  ];
  const request: MessagesRequest = {
    ...call.request,
    messages,
    ...(typeof maxTokens === 'number'
      ? { max_tokens: Math.max(Math.min(fewestTokens, maxTokens), maxTokens - outputTokens) }
      : {}),
  };
  return { ...call, request, rawBody: undefined };
}

const fewestTokens = 1024;
