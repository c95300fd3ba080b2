import fc from 'fast-check';
import { packReasoning } from '../../../src/dialects/shared/reasoning-state.ts';
import type { InputMessage } from '../../../src/protocol/messages.ts';

const signed = (model: string, state: Record<string, unknown>) =>
  packReasoning({ provider: 'provider', model, state: { ...state } });

const id = fc.constantFrom('toolu_1', 'toolu_2', 'toolu_3', 'call_1', 'an id\nthat is none');
const text = fc.constantFrom('', 'a', 'two words', 'línea → 港口', '"quoted"\\\n', 'error: no', '{', '😀');
const cacheMark = fc.option(fc.constant({ type: 'ephemeral' }), { nil: undefined });

const textBlock = fc.record({ type: fc.constant('text'), text, cache_control: cacheMark });
const image = fc.record({
  type: fc.constant('image'),
  source: fc.constantFrom<unknown>(
    { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' },
    { type: 'base64', media_type: 'image/gif', data: 'R0lGODlh' },
    { type: 'url', url: 'https://example.com/a.png' },
  ),
});
const document = fc.record({
  type: fc.constant('document'),
  title: fc.constantFrom('Report', null),
  source: fc.constantFrom<unknown>(
    { type: 'text', media_type: 'text/plain', data: 'plain' },
    { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
    { type: 'content', content: [{ type: 'text', text: 'inside' }] },
  ),
});
const toolResult = fc.record({
  type: fc.constant('tool_result'),
  tool_use_id: id,
  content: fc.oneof(text, fc.array(fc.oneof(textBlock, image, document), { maxLength: 2 }), fc.constant(undefined)),
  is_error: fc.constantFrom(true, false, undefined),
  cache_control: cacheMark,
});
const toolUse = fc.record({
  type: fc.constant('tool_use'),
  id,
  name: fc.constantFrom('Read', 'a name with spaces', '9lives'),
  input: fc.constantFrom<unknown>({}, { path: 'a.ts' }, 'no object'),
});
const thinking = fc.record({
  type: fc.constant('thinking'),
  thinking: text,
  signature: fc.constantFrom(
    'EqoBAnthropic',
    signed('m', { id: 'rs_1', encrypted: 'x', next: 'message', phase: 'commentary' }),
    signed('m', { key: 'reasoning', details: [{ type: 'reasoning.text', text: 'hm' }], calls: [{ google: 1 }] }),
    signed('m', { thought: 'c2ln', text: [1, 'c2ln'], call: 'c2ln' }),
    signed('another-model', { encrypted: 'y' }),
  ),
});
const strange = fc.constantFrom<unknown>(
  { type: 'server_tool_use', id: 'srv_1', name: 'web_search', input: { query: 'q' } },
  { type: 'something_new', value: 1 },
  { type: 'compaction', content: 'summary' },
  { type: 'search_result', source: 's', title: 't', content: [{ type: 'text', text: 'found' }] },
  'no block',
);

const content = (block: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 1, arbitrary: text }, { weight: 4, arbitrary: fc.array(block, { maxLength: 3 }) });

const userMessage = fc.record({
  role: fc.constant('user'),
  content: content(fc.oneof(textBlock, toolResult, toolResult, image, document, strange)),
});
const assistantMessage = fc.record({
  role: fc.constant('assistant'),
  content: content(fc.oneof(textBlock, toolUse, toolUse, thinking, strange)),
});
const systemMessage = fc.record({ role: fc.constant('system'), content: content(textBlock) });

/** A message of any kind that a client may send, in no order. */
export const anyMessage = fc.oneof(
  { weight: 4, arbitrary: userMessage },
  { weight: 4, arbitrary: assistantMessage },
  { weight: 1, arbitrary: systemMessage },
) as fc.Arbitrary<InputMessage>;
