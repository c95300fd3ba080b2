import type { Call } from '../call/call.ts';
import { type CountedRequest, type TokenFamily, tokenFamilyOf } from '../models/tokens.ts';
import { bodyHolds } from '../protocol/body-scan.ts';
import { isJsonObject, type MessagesRequest } from '../protocol/messages.ts';
import { type Complexity, complexityOf } from './complexity.ts';
import { fileTypesOf } from './file-types.ts';
import { firstHumanText, latestHumanTurn } from './human-text.ts';
import {
  effortOf,
  holdsImages,
  isBackgroundRequest,
  isFromClaudeCode,
  isSubagentRequest,
  isWebSearchRequest,
  systemText,
} from './request-kind.ts';
import { taskTypesOf } from './task-type.ts';
import { type Words, wordsOf } from './words.ts';

/**
 * What routing may know of a call. Everything is read when it is first asked for, and once. What decides the route is read
 * from the conversation up to and including the latest human text, so that it holds for a whole turn of an agent's loop;
 * what a target must be able to take (`needsImages`, `promptTokens`) follows the call as it is.
 */
export interface Facts {
  /** The `model` of the request, without a `[1m]` mark. */
  readonly requestedModel: string;
  /** The model that the `x-router-model` header names. */
  readonly headerModel: string | undefined;
  /** The model that a `<CCR-SUBAGENT-MODEL>` tag names. */
  readonly tagModel: string | undefined;
  /** What the user's own routing function answered. */
  readonly customChoice: CustomChoice | undefined;
  /** False where the client asked for no other target than the one it chose. */
  readonly fallbackAllowed: boolean;
  /** The models that the caller's key is limited to. */
  readonly allowedModels: readonly string[] | undefined;
  /** The latest text that the person typed. */
  readonly text: string;
  /** The same in lower case. */
  readonly lowerText: string;
  readonly words: Words;
  /** Estimated tokens of the human text. */
  readonly textTokens: number;
  /** Estimated tokens of the whole prompt: system, tools, messages. */
  readonly tokenCount: number;
  readonly messageCount: number;
  /** Endings as `.ts`, named in the human text or else worked on by the tool calls before it. */
  readonly fileTypes: readonly string[];
  /** Likeliest first. */
  readonly taskTypes: readonly string[];
  readonly complexity: Complexity;
  readonly hasImages: boolean;
  readonly hasTools: boolean;
  /** `thinking.type` is `enabled`. */
  readonly thinkingEnabled: boolean;
  readonly effort: string | undefined;
  readonly stream: boolean;
  readonly isSubagent: boolean;
  readonly isBackground: boolean;
  readonly isWebSearch: boolean;
  readonly session: string | undefined;
  /** The name of the caller's key. */
  readonly key: string;
  /** The call as it is holds images. */
  readonly needsImages: boolean;
  readonly maxTokens: number | undefined;
  /** The client marks what may be kept in a prompt cache. */
  readonly marksCache: boolean;
  /** Estimated tokens of the whole prompt as this model counts, of the call as it is. */
  promptTokens(model: string): number;
  /** True where the prompt has at most so many of this model's tokens; it is measured only where its size leaves that open. */
  fitsIn(tokens: number, model: string): boolean;
}

/** What a routing function chose: a model's name, nothing, or how it failed. */
export type CustomChoice = { model: string } | { model: undefined; why: string };

export interface FactsSettings {
  /** Estimated tokens of a prompt, for any family of models. */
  measurePrompt(request: CountedRequest): (family: TokenFamily) => number;
  customChoice?: CustomChoice;
}

/** The facts of a call. */
export function readFacts(call: Call, settings: FactsSettings): Facts {
  return new CallFacts(call, settings);
}

class CallFacts implements Facts {
  readonly #call: Call;
  readonly #settings: FactsSettings;
  readonly #known = new Map<string, unknown>();
  readonly #promptTokens = new Map<TokenFamily, number>();

  readonly requestedModel: string;

  constructor(call: Call, settings: FactsSettings) {
    this.#call = call;
    this.#settings = settings;
    this.requestedModel = call.request.model.replace(/\[1m\]$/i, '');
  }

  #once<Value>(name: string, read: () => Value): Value {
    if (this.#known.has(name)) return this.#known.get(name) as Value;
    const value = read();
    this.#known.set(name, value);
    return value;
  }

  get #request(): MessagesRequest {
    return this.#call.request;
  }

  get #fromClaudeCode(): boolean {
    return this.#once('fromClaudeCode', () => isFromClaudeCode(this.#request, this.#call.headers));
  }

  get #turn() {
    return this.#once('turn', () => latestHumanTurn(this.#request, this.#fromClaudeCode));
  }

  /** The prompt that the route is decided on: tools that were loaded on the way don't count. */
  get #turnPrompt(): CountedRequest {
    const { system, messages, tools, tool_choice } = this.#request;
    const asked = Array.isArray(tools) ? tools.filter((tool) => tool?.defer_loading !== true) : tools;
    return { system, messages: messages.slice(0, this.#turn.end), tools: asked, tool_choice };
  }

  get headerModel() {
    return this.#call.headers['x-router-model']?.trim() || undefined;
  }

  get tagModel() {
    return this.#once('tagModel', () => {
      if (!this.#mayHold('CCR-SUBAGENT-MODEL')) return undefined;
      const tag = /<CCR-SUBAGENT-MODEL>\s*([^<>]{1,200}?)\s*<\/CCR-SUBAGENT-MODEL>/;
      const inSystem = tag.exec(systemText(this.#request))?.[1];
      return inSystem ?? tag.exec(firstHumanText(this.#request, this.#fromClaudeCode))?.[1];
    });
  }

  get customChoice() {
    return this.#settings.customChoice;
  }

  get fallbackAllowed() {
    return this.#call.headers['x-router-fallback']?.trim().toLowerCase() !== 'off';
  }

  get allowedModels() {
    return this.#call.caller.models;
  }

  get text() {
    return this.#turn.text;
  }

  get lowerText() {
    return this.#once('lowerText', () => this.text.toLowerCase());
  }

  get words() {
    return this.#once('words', () => wordsOf(this.text));
  }

  get textTokens() {
    return this.#once('textTokens', () => {
      return this.#settings.measurePrompt({ system: this.text })('other') - this.#settings.measurePrompt({})('other');
    });
  }

  get tokenCount() {
    return this.#once('tokenCount', () => this.#settings.measurePrompt(this.#turnPrompt)('other'));
  }

  get messageCount() {
    return this.#turn.end;
  }

  get fileTypes() {
    return this.#once('fileTypes', () => fileTypesOf(this.#request, this.text, this.#turn.index));
  }

  get taskTypes() {
    return this.#once('taskTypes', () => taskTypesOf(this.words));
  }

  get complexity() {
    return this.#once('complexity', () => complexityOf(this.text, this.words));
  }

  get hasImages() {
    return this.#once('hasImages', () => holdsImages(this.#request, this.#turn.end));
  }

  get hasTools() {
    return Array.isArray(this.#request.tools) && this.#request.tools.length > 0;
  }

  get thinkingEnabled() {
    return isJsonObject(this.#request.thinking) && this.#request.thinking.type === 'enabled';
  }

  get effort() {
    return this.#once('effort', () => effortOf(this.#request, this.#turn.end));
  }

  get stream() {
    return this.#request.stream === true;
  }

  get isSubagent() {
    return this.#once('isSubagent', () => isSubagentRequest(this.#request, this.#call.headers));
  }

  get isBackground() {
    return this.#once('isBackground', () => isBackgroundRequest(this.#request));
  }

  get isWebSearch() {
    return this.#once('isWebSearch', () => isWebSearchRequest(this.#request));
  }

  get session() {
    return this.#call.sessionId;
  }

  get key() {
    return this.#call.caller.name;
  }

  get needsImages() {
    return this.#once('needsImages', () => holdsImages(this.#request, this.#request.messages.length));
  }

  get maxTokens() {
    const { max_tokens: limit } = this.#request;
    return typeof limit === 'number' ? limit : undefined;
  }

  get marksCache() {
    return this.#once('marksCache', () => holdsCacheMark(this.#request));
  }

  promptTokens(model: string) {
    const family = tokenFamilyOf(model);
    const known = this.#promptTokens.get(family);
    if (known !== undefined) return known;
    const tokens = this.#once('prompt', () => this.#settings.measurePrompt(this.#request))(family);
    this.#promptTokens.set(family, tokens);
    return tokens;
  }

  fitsIn(tokens: number, model: string) {
    return this.#mostTokens <= tokens || this.promptTokens(model) <= tokens;
  }

  #mayHold(text: string): boolean {
    const { rawBody } = this.#call;
    return rawBody === undefined || bodyHolds(rawBody, text);
  }

  /** No text has more tokens than bytes; pictures and documents may. */
  get #mostTokens(): number {
    return this.#once('mostTokens', () => {
      const { rawBody } = this.#call;
      if (rawBody === undefined || this.#mayHold('"image"') || this.#mayHold('"document"'))
        return Number.POSITIVE_INFINITY;
      return rawBody.length + roomForRules;
    });
  }
}

/** More tokens than any family adds to a prompt for its tools and its frame. */
const roomForRules = 4096;

/** Marks stand on system blocks and on the last message. */
function holdsCacheMark({ system, messages, cache_control: whole }: MessagesRequest): boolean {
  if (whole !== undefined) return true;
  const blocks = [system, ...messages.slice(-3).map(({ content }) => content)];
  return blocks.some((content) => {
    return Array.isArray(content) && content.some((block) => isJsonObject(block) && isJsonObject(block.cache_control));
  });
}
