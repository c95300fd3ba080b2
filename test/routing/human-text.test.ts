import { describe, expect, it } from 'vitest';
import { clientRequest } from '../support/claude-code-request.ts';
import { factsFrom } from '../support/routing-bed.ts';

const noise = 'implement it in app.py, write code, explain';

function textOf(content: unknown, before: { role: string; content: unknown }[] = []): string {
  const request = clientRequest('the first text');
  const messages = [...request.body.messages, ...before, { role: 'user', content }];
  return factsFrom({ ...request, body: { ...request.body, messages } }).text;
}

const text = (value: string) => ({ type: 'text', text: value });
const result = { type: 'tool_result', tool_use_id: 'toolu_1', content: noise };

describe('the human text', () => {
  it.each([
    ['a text', 'hello', 'hello'],
    ['blocks', [text('hello'), text('world')], 'hello\nworld'],
    ['reminders around it', [text(`<system-reminder>\n${noise}\n</system-reminder>`), text('hello')], 'hello'],
    ['a reminder inside it', `hello <system-reminder>${noise}</system-reminder>`, 'hello'],
    [
      'a reminder that quotes another',
      `<system-reminder>a <system-reminder>${noise}</system-reminder> ${noise}</system-reminder>\nhello`,
      'hello',
    ],
    [
      'a reminder whose content closes one',
      `<system-reminder>the file has </system-reminder> in it: ${noise}</system-reminder>`,
      'the first text',
    ],
    ['hook output', `<user-prompt-submit-hook>${noise}</user-prompt-submit-hook>\nhello`, 'hello'],
    [
      'output of a local command',
      [text(`<local-command-stdout>${noise}</local-command-stdout>`), text('hello')],
      'hello',
    ],
    ['a shell command', `<bash-input>${noise}</bash-input>`, 'the first text'],
    [
      'a slash command, as it was typed, without what it stands for',
      [
        text(
          '<command-message>review is running…</command-message>\n<command-name>/review</command-name>\n<command-args>main.go</command-args>',
        ),
        text(`Please ${noise}.`),
      ],
      '/review main.go',
    ],
    [
      'a command that the client runs itself, and the text behind it',
      [
        text(`<local-command-caveat>${noise}</local-command-caveat>`),
        text(
          '<command-name>/compact</command-name>\n  <command-message>compact</command-message>\n  <command-args></command-args>',
        ),
        text(`<local-command-stdout>${noise}</local-command-stdout>`),
        text('hello'),
      ],
      'hello',
    ],
    [
      'such a command alone',
      '<command-name>/model</command-name>\n<command-message>model</command-message>\n<command-args>opus</command-args>',
      'the first text',
    ],
    ['an editor selection', [text(`<ide_selection>${noise}</ide_selection>`), text('hello')], 'hello'],
    ['a notification', [text(`<task-notification><task-id>1</task-id>${noise}</task-notification>`)], 'the first text'],
    ['a tool result alone', [result], 'the first text'],
    ['what the client says behind a tool result', [result, text('Tool loaded.')], 'the first text'],
    [
      'a reminder behind a tool result',
      [result, text(`<system-reminder>${noise}</system-reminder>`)],
      'the first text',
    ],
    [
      'a wish to go on after a cut',
      [text(`Your response was cut off because it exceeded the output token limit. ${noise}`)],
      'the first text',
    ],
    [
      'a request to sum up behind the text',
      [text('hello'), text(`CRITICAL: Respond with TEXT ONLY. Do NOT call any tools.\n${noise}`)],
      'hello',
    ],
    [
      'a long request to sum up in other words',
      [text('hello'), text(`Before we go on, write a summary of our session. ${`${noise}. `.repeat(100)}`)],
      'hello',
    ],
    ['a long text of the person’s own', `Summarize this conversation: ${'word '.repeat(1000)}`.trim(), undefined],
    ['a mark that the answer was cut', [result, text(`(cut off, resume: ${noise})`)], 'the first text'],
    [
      'a request to sum up',
      `Your task is to create a detailed summary of the conversation so far. ${noise}`,
      'the first text',
    ],
    [
      'a summary',
      `This session is being continued from a previous conversation that ran out of context. ${noise}`,
      'the first text',
    ],
    ['an interruption', [text('[Request interrupted by user]')], 'the first text'],
    [
      'what was typed after an interruption, in the same message',
      [result, text('[Request interrupted by user for tool use]'), text('hello')],
      'hello',
    ],
    ['the output of a stop hook', `Stop hook feedback:\n${noise}`, 'the first text'],
    [
      'a tag that a person writes',
      'what is a <system-reminder> and a <div>?',
      'what is a <system-reminder> and a <div>?',
    ],
  ])('of %s', (_, content, expected) => {
    expect(textOf(content)).toBe(expected ?? content);
  });

  it('is what follows a tool result where the client is another', () => {
    const messages = [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'read', input: {} }] },
      { role: 'user', content: [result, text('now explain it')] },
    ];
    expect(factsFrom({ headers: {}, body: { model: 'any', messages } }).text).toBe('now explain it');
  });

  it('is never the system’s, wherever it stands', () => {
    const { headers, body } = clientRequest('hello', { noise, toolCalls: 3 });
    const messages = [...body.messages, { role: 'system', content: noise }];
    expect(factsFrom({ headers, body: { ...body, messages } }).text).toBe('hello');
  });

  it('is empty where nobody typed anything', () => {
    expect(factsFrom({ headers: {}, body: { model: 'any', messages: [] } }).text).toBe('');
    expect(factsFrom({ headers: {}, body: { model: 'any', messages: [{ role: 'user', content: [] }] } }).text).toBe('');
  });

  it('is read in linear time, whatever it holds', () => {
    const opened = '<system-reminder>'.repeat(60_000);
    const startedAt = performance.now();
    expect(textOf(opened)).toBe(opened);
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});
