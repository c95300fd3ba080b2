/** How a Gemini model or a host of Gemini models departs from the newest generation at Google's own API. */
export interface GeminiQuirks {
  /** How thinking is asked for: by level (Gemini 3 and later), by a budget in tokens (2.5), or not at all. */
  thinking: 'level' | 'budget' | 'none';
  /** The smallest and the largest budget; a smallest of 0 means that thinking can be switched off. */
  thinkingBudget: readonly [smallest: number, largest: number];
  /** Tuned for a temperature of its own: a client's is dropped, one in the configuration is sent. */
  ownTemperature: boolean;
  /** Calls and their results carry ids. */
  callIds: boolean;
  /** The first call of each step in the history is refused without a thought signature, or does without. */
  callSignatures: 'required' | 'optional';
  /** Media of a tool's result: inside the result, or as parts behind it. */
  resultMedia: 'inside' | 'behind';
  /** Google's own tools (search, reading pages, running code): beside functions, only without functions, or none. */
  ownTools: 'beside-functions' | 'without-functions' | 'none';
  /** Own tools beside functions must be told to show what they did. */
  ownToolTraces: boolean;
  /** The answer's schema may stand beside functions. */
  formatWithFunctions: boolean;
  /** What a function's schema is sent as: JSON schema, or the older OpenAPI form without references and unions of types. */
  functionSchemas: 'json-schema' | 'openapi';
}

/** The newest generation at Google's own API. */
export const plainGeminiQuirks: GeminiQuirks = {
  thinking: 'level',
  thinkingBudget: [0, 24_576],
  ownTemperature: true,
  callIds: true,
  callSignatures: 'required',
  resultMedia: 'inside',
  ownTools: 'beside-functions',
  ownToolTraces: true,
  formatWithFunctions: true,
  functionSchemas: 'json-schema',
};
