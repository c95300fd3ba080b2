import { isJsonObject, type MessagesRequest } from '../../protocol/messages.ts';
import type { RequestTransformer } from '../plugin.ts';
import { checkFields, modelFilter } from './settings.ts';

/** Takes the marks of Anthropic's prompt cache out of requests, for services that stumble over them: `{models?}`. */
export class CleanCache implements RequestTransformer {
  readonly #isFor: (model: string) => boolean;

  constructor(config: Record<string, unknown> = {}) {
    checkFields(config, ['models']);
    this.#isFor = modelFilter(config);
  }

  transform(request: MessagesRequest, targetModel: string): MessagesRequest {
    if (!this.#isFor(targetModel)) return request;
    for (const list of [request.system, request.tools]) withoutMarks(list);
    for (const message of request.messages) withoutMarks(message.content);
    delete request.cache_control;
    return request;
  }
}

function withoutMarks(list: unknown): void {
  if (!Array.isArray(list)) return;
  for (const block of list) {
    if (!isJsonObject(block)) continue;
    delete block.cache_control;
    // A tool's result holds blocks, too; what a tool is called with is data.
    if (block.type === 'tool_result') withoutMarks(block.content);
  }
}
