import { getNodeValue, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { ConfigProblem } from './problems.ts';

/** A configuration file as read: its value, and where in the text each part stands. */
export interface Source {
  value: unknown;
  problems: ConfigProblem[];
  /** Line and column of a path, counted from 1. */
  place(path: readonly PropertyKey[]): { line: number; column: number } | undefined;
}

/** Reads JSON with comments and trailing commas. */
export function readJson(text: string): Source {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { allowTrailingComma: true });
  const problems = errors.slice(0, 5).map(
    (error): ConfigProblem => ({
      path: '',
      message: `not valid JSON: ${syntaxMessage(printParseErrorCode(error.error))}`,
      ...placeAt(text, error.offset),
    }),
  );
  if (tree) problems.push(...duplicateKeys(tree, text, []));
  return {
    value: tree ? getNodeValue(tree) : {},
    problems,
    place: (path) => {
      const node = tree && nodeAt(tree, path);
      return node && placeAt(text, node.offset);
    },
  };
}

/** Reads YAML; the parser is loaded only here. */
export async function readYaml(text: string): Promise<Source> {
  const { LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const problems = document.errors.slice(0, 5).map((error): ConfigProblem => {
    const { line, col } = lines.linePos(error.pos[0]);
    return { path: '', message: `not valid YAML: ${error.message.split('\n')[0]}`, line, column: col };
  });
  return {
    value: problems.length > 0 ? {} : (document.toJS({ maxAliasCount: 50 }) ?? {}),
    problems,
    place: (path) => {
      const node = document.getIn(path as string[], true) as { range?: [number, number, number] } | undefined;
      if (!node?.range) return undefined;
      const { line, col } = lines.linePos(node.range[0]);
      return { line, column: col };
    },
  };
}

function duplicateKeys(node: Node, text: string, path: string[]): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const seen = new Set<string>();
  node.children?.forEach((child, index) => {
    if (child.type !== 'property') {
      problems.push(...duplicateKeys(child, text, [...path, String(index)]));
      return;
    }
    const [keyNode, valueNode] = child.children ?? [];
    const key = String(keyNode?.value);
    const here = [...path, key];
    if (seen.has(key)) {
      const message = 'this key stands twice; keep one of them';
      problems.push({ path: here.join('.'), message, ...placeAt(text, child.offset) });
    }
    seen.add(key);
    if (valueNode) problems.push(...duplicateKeys(valueNode, text, here));
  });
  return problems;
}

function nodeAt(node: Node, path: readonly PropertyKey[]): Node | undefined {
  let current: Node | undefined = node;
  for (const part of path) {
    if (current?.type === 'array') current = current.children?.[Number(part)];
    else current = current?.children?.find((child) => child.children?.[0]?.value === part)?.children?.[1];
  }
  return current;
}

function placeAt(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return { line, column: offset - before.lastIndexOf('\n') };
}

function syntaxMessage(code: string): string {
  return code
    .replaceAll(/([A-Z])/g, ' $1')
    .trim()
    .toLowerCase();
}
