import type { ClientFormat } from '../client-format.ts';
import { createdAt, idFor, openAiIdHeaders, sessionOf } from '../shared/identity.ts';
import { writeOpenAiFailure } from '../shared/openai-error.ts';
import { chatCompletion } from './reply.ts';
import { readChatRequest } from './request.ts';
import { ChatStream } from './stream.ts';

/** OpenAI Chat Completions: `POST /v1/chat/completions`. */
export const chatFormat: ClientFormat = {
  name: 'openai-chat',
  readRequest(body, _bytes, { callId, startedAt }) {
    const { request, warnings, tools, legacyFunctions, includeUsage } = readChatRequest(body);
    const settings = { id: idFor('chatcmpl-', callId), created: createdAt(startedAt), tools, legacyFunctions };
    return {
      request,
      rawBody: undefined,
      warnings,
      sessionId: sessionOf(body),
      reply: {
        writeMessage: ({ message }) => Buffer.from(JSON.stringify(chatCompletion(message, settings))),
        openStream: () => new ChatStream(settings, includeUsage),
      },
    };
  },
  writeFailure: writeOpenAiFailure,
  idHeaders: openAiIdHeaders,
};
