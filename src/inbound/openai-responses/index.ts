import type { ContentBlock } from '../../protocol/messages.ts';
import type { ClientFormat } from '../client-format.ts';
import { openAiIdHeaders, sessionOf } from '../shared/identity.ts';
import { writeOpenAiFailure } from '../shared/openai-error.ts';
import { refusalOf } from '../shared/refusal.ts';
import { readResponsesRequest } from './request.ts';
import { ResponseWriter } from './response.ts';
import { ResponsesStream } from './stream.ts';

/** OpenAI Responses: `POST /v1/responses`. */
export const responsesFormat: ClientFormat = {
  name: 'openai-responses',
  readRequest(body, bytes, context) {
    const { request, warnings, tools, conversation, earlierBytes } = readResponsesRequest(body, context);
    const writer = new ResponseWriter(context.callId, context.startedAt, body, tools);
    const whole = (content: ContentBlock[]) => {
      if (body.store === false) return;
      const said = content.filter((block) => block.type !== 'text' || block.text !== '');
      const messages =
        said.length > 0 ? [...conversation, { role: 'assistant' as const, content: said }] : conversation;
      const size = earlierBytes + bytes.length + JSON.stringify(said).length;
      context.keep({ id: writer.id, messages, bytes: size });
    };
    return {
      request,
      rawBody: undefined,
      warnings,
      sessionId: sessionOf(body),
      reply: {
        writeMessage: ({ message }) => {
          whole(message.content);
          const output = writer.output(message.content, refusalOf(message));
          return Buffer.from(JSON.stringify(writer.ended(message, output)));
        },
        openStream: () => new ResponsesStream(writer, whole),
      },
    };
  },
  writeFailure: writeOpenAiFailure,
  idHeaders: openAiIdHeaders,
};
