import type { ContentBlock, MessagesRequest } from '../../protocol/messages.ts';
import type { RequestTransformer } from '../plugin.ts';
import { checkFields, field, modelFilter } from './settings.ts';

/** Tells weak models, which talk of tools instead of calling them, how it is done: `{text?, models?}`. */
export class ToolUse implements RequestTransformer {
  readonly #text: string;
  readonly #isFor: (model: string) => boolean;

  constructor(config: Record<string, unknown> = {}) {
    checkFields(config, ['text', 'models']);
    this.#text = field(config, 'text', 'string') ?? advice;
    this.#isFor = modelFilter(config);
  }

  transform(request: MessagesRequest, targetModel: string): MessagesRequest {
    const { tools, tool_choice, system } = request;
    if (!this.#isFor(targetModel) || !tools?.length || tool_choice?.type === 'none') return request;
    const before: ContentBlock[] = typeof system === 'string' ? [{ type: 'text', text: system }] : (system ?? []);
    return { ...request, system: [...before, { type: 'text', text: this.#text }] };
  }
}

const advice =
  'You work through tools. Where a step needs one, call it in this very answer: do not describe the call, do not write it as ' +
  'text or code, and do not announce it and stop. Give each argument the type and the name that the tool’s schema says, and ' +
  'leave out what it does not know. Answer in text only when the task is done, or when only the person can answer a question.';
