// Requests in Claude Code's shape, made of filler words: the same at every run.

const words =
  'the file reads a value from config and returns it when the handler runs so that each request carries one header map to stream parse token list error path build test module function const await import export class'.split(
    ' ',
  );

/** The body of each size, as an object: about 2 KB, 120 KB and 880 KB. */
export const sizes = {
  small: () => conversation({ system: 300, tools: 0, messages: 1, bytes: 900 }),
  typical: () => conversation({ system: 15_000, tools: 15, messages: 21, bytes: 50_000 }),
  long: () => conversation({ system: 15_000, tools: 15, messages: 201, bytes: 780_000 }),
};

/** Bodies of one session, each two messages longer than the one before. */
export function sessionTurns(from, to, total = { messages: 201, bytes: 780_000 }) {
  const whole = conversation({ system: 15_000, tools: 15, ...total });
  const turns = [];
  for (let end = from; end <= to; end += 2) {
    turns.push({ ...whole, messages: marked(whole.messages.slice(0, end)) });
  }
  return turns;
}

function conversation({ system, tools, messages, bytes }) {
  const random = numbers(42);
  const text = (length) => filler(length, random);
  const each = bytes / messages;
  const turns = Array.from({ length: messages }, (_, index) => turnOf(index, each, text));
  return {
    model: 'claude-sonnet-4-5',
    messages: marked(turns),
    system: [
      { type: 'text', text: "You are Claude Code, Anthropic's official CLI for Claude.", ...mark },
      { type: 'text', text: text(system), ...mark },
    ],
    ...(tools > 0 ? { tools: Array.from({ length: tools }, (_, index) => toolOf(index, text)) } : {}),
    metadata: { user_id: `user_${'0'.repeat(64)}_account__session_00000000-0000-0000-0000-000000000000` },
    max_tokens: 32_000,
  };
}

const mark = { cache_control: { type: 'ephemeral' } };

/** Claude Code marks the last block of the conversation. */
function marked(messages) {
  const last = messages.at(-1);
  const content = last.content.map((block, index) =>
    index === last.content.length - 1 ? { ...block, ...mark } : block,
  );
  return [...messages.slice(0, -1), { ...last, content }];
}

function turnOf(index, bytes, text) {
  if (index === 0) {
    const reminder = `<system-reminder>\n${text(bytes * 0.5)}\n</system-reminder>`;
    return {
      role: 'user',
      content: [
        { type: 'text', text: reminder },
        { type: 'text', text: text(bytes * 0.4) },
      ],
    };
  }
  const id = `toolu_${String(index + (index % 2)).padStart(20, '0')}`;
  if (index % 2 === 0) {
    const lines = text(bytes * 1.2).replaceAll('. ', ';\n\t\t"x" → ');
    return {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: `toolu_${String(index).padStart(20, '0')}`, content: lines }],
    };
  }
  const input = { file_path: `/src/${index}.ts`, limit: index, note: text(bytes * 0.1) };
  return {
    role: 'assistant',
    content: [
      { type: 'text', text: text(bytes * 0.2) },
      { type: 'tool_use', id, name: 'Tool0', input },
    ],
  };
}

function toolOf(index, text) {
  const properties = {};
  for (let field = 0; field < 6; field += 1) properties[`p${field}`] = { type: 'string', description: text(90) };
  const schema = { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object', properties, required: ['p0'] };
  return { name: `Tool${index}`, description: text(2500), input_schema: schema };
}

function filler(length, random) {
  const parts = [];
  for (let size = 0; size < length; size += parts.at(-1).length) {
    parts.push(`${words[random(words.length)]}${random(12) === 0 ? '. ' : ' '}`);
  }
  return parts.join('').slice(0, Math.max(1, Math.round(length)));
}

function numbers(seed) {
  let state = seed;
  return (limit) => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    return state % limit;
  };
}
