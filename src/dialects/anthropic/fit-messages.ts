import { blocksOf, type ContentBlock, type InputMessage } from '../../protocol/messages.ts';
import type { ModelAbilities } from '../dialect.ts';
import { warn } from '../shared/warnings.ts';

/**
 * Messages that begin with the user's, end with the user's where the model continues none of its own, and whose system
 * messages stand where Anthropic takes them: behind the user's and in front of the assistant's, at models that know them;
 * elsewhere they are reminders in the neighbouring user message.
 */
export function fitMessages(
  messages: readonly InputMessage[],
  { midConversationSystem, prefill }: ModelAbilities,
  warnings: string[],
): InputMessage[] {
  const fitted: InputMessage[] = [];
  let reminders: ContentBlock[] = [];
  messages.forEach((message, index) => {
    if (message.role === 'system') {
      const next = messages[index + 1]?.role;
      const legal = fitted.at(-1)?.role === 'user' && (next === undefined || next === 'assistant');
      if (midConversationSystem === true && legal && reminders.length === 0) fitted.push(message);
      else reminders.push(...remindersOf(message));
      return;
    }
    if (reminders.length > 0 && message.role === 'user') fitted.push(withReminders(message, reminders));
    else {
      if (reminders.length > 0) addBehind(fitted, reminders);
      fitted.push(message);
    }
    reminders = [];
  });
  if (reminders.length > 0) addBehind(fitted, reminders);
  if (prefill === false && fitted.at(-1)?.role === 'assistant') {
    warn(warnings, 'a user message was put behind: the model continues no message of its own');
    fitted.push({ role: 'user', content: 'Continue from exactly where your last message stopped.' });
  }
  if (fitted[0]?.role !== 'assistant') return fitted;
  warn(warnings, 'a user message was put in front: the conversation began with the assistant');
  return [{ role: 'user', content: '(The conversation begins.)' }, ...fitted];
}

function remindersOf({ content }: InputMessage): ContentBlock[] {
  const texts = blocksOf(content).map((block) => String(block.text ?? ''));
  const text = texts.filter((part) => part !== '').join('\n\n');
  return text === '' ? [] : [{ type: 'text', text: `<system-reminder>\n${text}\n</system-reminder>` }];
}

/** Results of tools stay in front. */
function withReminders(message: InputMessage, reminders: readonly ContentBlock[]): InputMessage {
  const blocks = blocksOf(message.content);
  const first = blocks.findIndex((block) => block.type !== 'tool_result');
  return { ...message, content: blocks.toSpliced(first === -1 ? blocks.length : first, 0, ...reminders) };
}

function addBehind(messages: InputMessage[], reminders: readonly ContentBlock[]): void {
  const last = messages.at(-1);
  if (last?.role !== 'user') messages.push({ role: 'user', content: [...reminders] });
  else messages[messages.length - 1] = { ...last, content: [...blocksOf(last.content), ...reminders] };
}
