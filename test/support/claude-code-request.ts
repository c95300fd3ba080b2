/** A request as Claude Code sends it. */
export interface ClientRequest {
  headers: Record<string, string>;
  body: ClientBody;
}

export interface ClientBody extends Record<string, unknown> {
  model: string;
  messages: { role: string; content: unknown }[];
  tools?: unknown[];
}

export interface ClientRequestOptions {
  model?: string;
  session?: string;
  /** What the client says by itself around the person's text, and what its tools read. */
  noise?: string;
  /** How many tool calls the model has made since the person's text. */
  toolCalls?: number;
  /** Turns before this one: what was typed, and the files that were read then. */
  before?: { text: string; files: string[] }[];
  subagent?: boolean;
  /** Instead of the usual dozen. */
  tools?: unknown[];
  more?: Record<string, unknown>;
}

const session = '5cd8ea42-6c0e-4b9f-ad1f-81ebdf390ecd';

/** The main loop of the client after the person typed this text. */
export function clientRequest(text: string, options: ClientRequestOptions = {}): ClientRequest {
  const { noise = 'Nothing of note.', toolCalls = 0, subagent = false, model = 'claude-opus-5-5' } = options;
  const sessionId = options.session ?? session;
  const messages: ClientBody['messages'] = [];
  for (const turn of [...(options.before ?? []), { text, files: filesRead(toolCalls) }]) {
    const first = messages.length === 0;
    const reminder = {
      type: 'text',
      text: `<system-reminder>\nAs you answer, know this.\n${noise}\n</system-reminder>`,
    };
    messages.push({ role: 'user', content: [...(first ? [reminder] : []), { type: 'text', text: turn.text }] });
    if (first) messages.push({ role: 'system', content: `# Environment\nagents: reviewer, planner\n${noise}` });
    for (const file of turn.files) messages.push(...toolRound(file, noise, messages.length));
    if (turn.text !== text) messages.push({ role: 'assistant', content: [{ type: 'text', text: 'Done.' }] });
  }
  return {
    headers: {
      'anthropic-version': '2023-06-01',
      'user-agent': 'claude-cli/2.1.330 (external, cli)',
      'x-claude-code-session-id': sessionId,
      ...(subagent ? { 'x-claude-code-agent-id': 'a0123456789abcdef' } : {}),
    },
    body: {
      model,
      messages,
      system: [
        {
          type: 'text',
          text: `x-anthropic-billing-header: cc_version=2.1.330.a1f; cc_entrypoint=cli;${subagent ? ' cc_is_subagent=true;' : ''}`,
        },
        { type: 'text', text: "You are Claude Code, Anthropic's official CLI.", cache_control: { type: 'ephemeral' } },
        { type: 'text', text: `${'Work with care. '.repeat(300)}${noise}`, cache_control: { type: 'ephemeral' } },
      ],
      tools: options.tools ?? Array.from({ length: 12 }, (_, index) => tool(index, noise)),
      metadata: { user_id: JSON.stringify({ device_id: 'd'.repeat(64), account_uuid: '', session_id: sessionId }) },
      max_tokens: 32_000,
      thinking: { type: 'adaptive', display: 'omitted' },
      output_config: { effort: 'medium' },
      stream: false,
      ...options.more,
    },
  };
}

/** What the client asks beside the conversation: a title for it. */
export function titleRequest(text: string): ClientRequest {
  const { headers, body } = clientRequest(text, { tools: [] });
  const schema = { type: 'object', properties: { title: { type: 'string' } }, required: ['title'] };
  const messages = [{ role: 'user', content: [{ type: 'text', text }] }];
  return {
    headers,
    body: { ...body, thinking: undefined, messages, output_config: { format: { type: 'json_schema', schema } } },
  };
}

/** The request of the client's WebSearch tool. */
export function webSearchRequest(text: string): ClientRequest {
  return clientRequest(text, { tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 8 }] });
}

function filesRead(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `/src/file-${index}.go`);
}

function toolRound(file: string, noise: string, at: number): ClientBody['messages'] {
  const id = `toolu_01${String(at).padStart(22, '0')}`;
  return [
    {
      role: 'assistant',
      content: [
        { type: 'text', text: `I look at it: ${noise}` },
        { type: 'tool_use', id, name: 'Read', input: { file_path: file } },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: id, content: `1\t${noise}\n2\t${noise}` },
        { type: 'text', text: `<system-reminder>${noise}</system-reminder>` },
        { type: 'text', text: 'Tool loaded.' },
      ],
    },
  ];
}

function tool(index: number, noise: string): object {
  const properties = { file_path: { type: 'string', description: noise } };
  const name = index === 0 ? 'Read' : `Tool${index}`;
  return { name, description: `${'Reads. '.repeat(40)}${noise}`, input_schema: { type: 'object', properties } };
}
