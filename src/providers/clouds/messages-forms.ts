import type { Quirks } from '../../dialects/quirks.ts';

const cloudFields = [
  ...['max_tokens', 'messages', 'system', 'temperature', 'top_p', 'top_k', 'stop_sequences', 'stream'],
  ...['tools', 'tool_choice', 'thinking', 'output_config', 'context_management', 'metadata'],
];

const cloudBetas = [
  ...['computer-use-2024-10-22', 'computer-use-2025-01-24', 'computer-use-2025-11-24'],
  ...['token-efficient-tools-2025-02-19', 'output-128k-2025-02-19', 'fine-grained-tool-streaming-2025-05-14'],
  ...['interleaved-thinking-2025-05-14', 'dev-full-thinking-2025-05-14', 'effort-2025-11-24'],
  ...['context-1m-2025-08-07', 'context-management-2025-06-27', 'compact-2026-01-12'],
  ...['tool-search-tool-2025-10-19', 'tool-examples-2025-10-29'],
];

const cloudFieldBetas: Quirks['fieldBetas'] = {
  context_management: ['context-management-', 'compact-'],
  'thinking.block_binding': ['thinking-binding-controls-'],
  'output_config.task_budget': ['task-budgets-'],
  'tools.eager_input_streaming': ['fine-grained-tool-streaming-'],
  'tools.defer_loading': ['tool-search-tool-'],
  'tools.input_examples': ['tool-examples-'],
  'tools.allowed_callers': ['advanced-tool-use-'],
};

/** Amazon Bedrock's InvokeModel. */
export const invokeModelQuirks: Partial<Quirks> = {
  bodyVersion: 'bedrock-2023-05-31',
  streamField: false,
  betaPlace: 'body',
  betas: cloudBetas,
  bodyFields: cloudFields,
  fieldBetas: cloudFieldBetas,
  cacheFields: ['type'],
  serverTools: ['tool_search_tool_'],
  mediaAddresses: false,
  framing: 'aws-event-stream',
};

/** Amazon Bedrock's Messages endpoint: Anthropic's form, without what only Anthropic's own servers do. */
export const bedrockMessagesQuirks: Partial<Quirks> = {
  bodyFields: cloudFields,
  serverTools: ['tool_search_tool_'],
};

/** Claude at Google's Vertex AI. */
export const rawPredictQuirks: Partial<Quirks> = {
  bodyVersion: 'vertex-2023-10-16',
  betas: [...cloudBetas, 'web-search-2025-03-05'],
  bodyFields: cloudFields,
  fieldBetas: cloudFieldBetas,
  cacheFields: ['type', 'ttl'],
  serverTools: ['tool_search_tool_', 'web_search_20250305'],
  mediaAddresses: false,
};
