import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import { applyEdits, modify } from 'jsonc-parser';

/** The text with the value at `path` set, or removed where it is undefined; comments and formatting stay. */
export async function editConfig(
  file: string,
  text: string,
  path: (string | number)[],
  value: unknown,
): Promise<string> {
  if (['.yaml', '.yml'].includes(extname(file).toLowerCase())) return editYaml(text, path, value);
  const source = text.trim() === '' ? '{}\n' : text;
  const indent = /^(\t| +)(?=")/m.exec(source)?.[1] ?? '  ';
  const edits = modify(source, path, value, {
    formattingOptions: {
      insertSpaces: indent !== '\t',
      tabSize: indent.length,
      eol: source.includes('\r\n') ? '\r\n' : '\n',
    },
  });
  return applyEdits(source, edits);
}

async function editYaml(text: string, path: (string | number)[], value: unknown): Promise<string> {
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text);
  if (value === undefined) document.deleteIn(path);
  else document.setIn(path, value);
  return document.toString({ lineWidth: 0 });
}

/** Replaces a file as one; a new one is the owner's alone, an old one keeps its mode. */
export function writeConfigFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const mode = existsSync(path) ? statSync(path).mode & 0o777 : 0o600;
  const temporary = `${path}.${process.pid}.new`;
  try {
    writeFileSync(temporary, text, { mode });
    chmodSync(temporary, mode);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
