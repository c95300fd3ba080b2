import type { EncodeInput } from '../dialect.ts';
import { contentOf } from '../ollama/content.ts';
import { reminder, resultText } from '../ollama/messages.ts';
import type { AssistantBlock, Turn, UserTurn } from '../shared/conversation.ts';

export interface WirePrompt {
  prompt: string;
  /** Bare base64, in the order of the conversation. */
  images: string[];
}

/** A single question as it is; a conversation as a transcript that ends where the assistant is to speak. */
export function encodePrompt(turns: readonly Turn[], input: EncodeInput, warnings: string[]): WirePrompt {
  const images: string[] = [];
  const speeches: Speech[] = [];
  for (const turn of turns) {
    if (turn.role === 'assistant') add(speeches, 'Assistant', turn.blocks.map(assistantText).join(''));
    else if (turn.role === 'system') add(speeches, 'User', reminder(turn.text));
    else add(speeches, 'User', userText(turn, images, input, warnings));
  }
  const [only] = speeches;
  if (speeches.length < 2 && only?.speaker !== 'Assistant') return { prompt: only?.text ?? '', images };
  if (speeches.at(-1)!.speaker === 'User') speeches.push({ speaker: 'Assistant', text: '' });
  const lines = speeches.map(({ speaker, text }) => (text === '' ? `${speaker}:` : `${speaker}: ${text}`));
  return { prompt: lines.join('\n\n'), images };
}

interface Speech {
  speaker: 'User' | 'Assistant';
  text: string;
}

function add(speeches: Speech[], speaker: Speech['speaker'], text: string): void {
  if (text === '') return;
  const last = speeches.at(-1);
  if (last?.speaker === speaker) last.text += `\n${text}`;
  else speeches.push({ speaker, text });
}

/** Thoughts are left out: nothing tells the model that they were such. */
function assistantText(block: AssistantBlock): string {
  if (block.type === 'text') return block.text;
  return block.type === 'tool_use' ? `\n[called ${block.name} with ${JSON.stringify(block.input ?? {})}]` : '';
}

function userText({ results, blocks }: UserTurn, images: string[], input: EncodeInput, warnings: string[]): string {
  const outcomes = results.flatMap((result) => {
    const media = contentOf(result.media, input, warnings);
    images.push(...media.images);
    return `[${result.call.name} answered]\n${[resultText(result), ...media.texts].join('\n')}`;
  });
  const { texts, images: shown } = contentOf(blocks, input, warnings);
  images.push(...shown);
  return [...outcomes, ...texts].join('\n');
}
