/** Elements that Claude Code puts into user messages around what is not the person's own text. */
const wrappers = new Set([
  'system-reminder',
  'system-note',
  'local-command-caveat',
  'local-command-stdout',
  'local-command-stderr',
  'bash-input',
  'bash-stdout',
  'bash-stderr',
  'user-prompt-submit-hook',
  'user-memory-input',
  'task-notification',
  'teammate-message',
  'channel',
  'ide_selection',
  'ide_opened_file',
  'ide_diagnostics',
  'new-diagnostics',
  'mcp-server-note',
  'fork-boilerplate',
  'session-start-hook',
  'command-message',
  'command-contents',
]);

/** How texts begin that the client writes by itself as if the person had. */
const openings: readonly RegExp[] = [
  /^Tool loaded\b/,
  /^\[Request interrupted\b[^\]]*\]$/,
  /^\[(Tool|This turn|Note from the app)\b[^\]]*\]/,
  /^This session is being continued from a previous conversation/,
  /^Caveat: The messages below were generated/,
  /^Your (task|job) is to (create|write|produce) (a|an)\b.{0,40}\bsummary of\b/s,
  /^(CRITICAL|IMPORTANT): Respond with TEXT ONLY/,
  /^(Your |The )?(previous |last )?(response|answer|message|output)( above)? (was|has been|got) (cut off|truncated|interrupted)/i,
  /^\W*(cut off|truncated|interrupted)\b.{0,60}\b(resume|continue)\b/i,
  /^Output token limit hit\b/i,
  /^(Please )?(continue|resume)( directly)?,? (from )?(where|exactly where) you (left|stopped|were cut) ?off/i,
  /^[\w:.-]+( \[[^\]]*\])? hook (feedback|additional context|blocking error|error|success|stopped)/i,
  /^(Plan mode|Auto mode) (is|was) (active|still active|exited)/i,
  /^The (user|following) (opened|selected|modified) (the )?(file|lines|text)/i,
];

/** True for what marks that the person stopped the model: what follows it in the same message was typed by the person. */
export function isInterruption(text: string): boolean {
  return /^\s*\[Request interrupted by user\b[^\]]*\]/.test(text);
}

/**
 * True for the long text with which the client asks to sum the conversation up. Asked only of a text behind the person's own:
 * that may itself want a long summary.
 */
export function isSummaryRequest(text: string): boolean {
  const opening = text.slice(0, 800);
  return text.length > 2500 && /\bsummar(y|i[sz]e)\b/i.test(opening) && /\b(conversation|session)\b/i.test(opening);
}

/**
 * True for a text that shows a slash command whose prompt is the next text of the message. Claude Code begins those with
 * `<command-message>`, and commands that it runs itself (`/model`, `/compact`) with `<command-name>`.
 */
export function isPromptCommand(text: string): boolean {
  return /^\s*<command-message>/.test(text);
}

/** What a person typed of a text block: without the client's elements and its own sentences; '' where nothing is left. */
export function personsPart(text: string): string {
  const trimmed = text.trim();
  if (isWholeElement(trimmed)) return '';
  const plain = trimmed.includes('<') ? commandLine(withoutWrappers(trimmed), isPromptCommand(trimmed)) : trimmed;
  const rest = plain.replace(/^\[Request interrupted by user\b[^\]]*\]\s*/, '').trim();
  return openings.some((opening) => opening.test(rest.slice(0, 400))) ? '' : rest;
}

/** A block that is one wrapper from its first to its last letter, whatever its content holds. */
function isWholeElement(text: string): boolean {
  const name = /^<([a-z][\w-]*)[^>]*>/.exec(text.slice(0, 200))?.[1];
  return name !== undefined && wrappers.has(name) && text.endsWith(`</${name}>`);
}

/** `<command-name>/review</command-name><command-args>a.ts</command-args>` was typed as `/review a.ts`. */
function commandLine(text: string, asksModel: boolean): string {
  if (asksModel) return text.replaceAll(/(?:\s*<\/?command-(?:name|args)>)+\s*/g, ' ');
  return text.startsWith('<command-name>') ? text.replaceAll(/<command-(name|args)>[^<]*<\/command-\1>/g, '') : text;
}

/** Cuts out the client's elements, nested ones with what holds them; one that is never closed stays as it is. */
function withoutWrappers(text: string): string {
  const tags = /<(\/?)([a-z][\w-]*)(?:\s[^<>]*)?>/g;
  let kept = '';
  let position = 0;
  let open: { name: string; start: number; depth: number } | undefined;
  let lastClosed = 0;
  for (let tag = tags.exec(text); tag; tag = tags.exec(text)) {
    const [whole, slash, name] = tag as unknown as [string, string, string];
    if (open === undefined) {
      if (slash !== '' || !wrappers.has(name)) continue;
      open = { name, start: tag.index, depth: 1 };
    } else if (name === open.name) {
      open.depth += slash === '' ? 1 : -1;
      if (slash !== '') lastClosed = tag.index + whole.length;
      if (open.depth > 0) continue;
      kept += text.slice(position, open.start);
      position = lastClosed;
      open = undefined;
    }
  }
  // More were opened than closed: what stands up to the last closing belongs to the client all the same.
  if (open !== undefined && lastClosed > open.start) {
    kept += text.slice(position, open.start);
    position = lastClosed;
  }
  return kept + text.slice(position);
}
