/** How a service departs from Anthropic's own Messages form: clouds that serve Claude take less and elsewhere. */
export interface MessagesQuirks {
  /** The `anthropic_version` that stands in the body; the model is then named by the URL alone. '' is Anthropic's own form. */
  bodyVersion: string;
  /** False where the URL alone says whether the reply is streamed. */
  streamField: boolean;
  /** Whether names of betas are taken as a header or as `anthropic_beta` in the body. */
  betaPlace: 'header' | 'body';
  /** The betas that are taken; others are refused there and left out. */
  betas: 'all' | readonly string[];
  /** The fields that are taken at the top of the body. */
  bodyFields: 'all' | readonly string[];
  /**
   * Fields that are refused without their beta: by path (`context_management`, `thinking.block_binding`; `tools.x` is `x` of
   * each tool), what the names of such betas begin with.
   */
  fieldBetas: Readonly<Record<string, readonly string[]>>;
  /** The fields of `cache_control` that are taken. */
  cacheFields: 'all' | readonly string[];
  /** What the types of tools begin with that the service itself runs. */
  serverTools: 'all' | readonly string[];
  /** How the events of a stream are framed. */
  framing: 'sse' | 'aws-event-stream';
}

/** Anthropic's own form. */
export const plainMessagesQuirks: MessagesQuirks = {
  bodyVersion: '',
  streamField: true,
  betaPlace: 'header',
  betas: 'all',
  bodyFields: 'all',
  fieldBetas: {},
  cacheFields: 'all',
  serverTools: 'all',
  framing: 'sse',
};
