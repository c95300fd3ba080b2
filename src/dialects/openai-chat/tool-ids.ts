import { createHash } from 'node:crypto';
import type { Quirks } from '../quirks.ts';
import { originalToolId, shortened } from '../shared/identifiers.ts';

/** The id of a tool call as the upstream takes it; the same for the same id, so that call and result agree. */
export function wireToolId(id: string, form: Quirks['toolIds']): string {
  switch (form) {
    case 'any':
      return id;
    case 'verbatim':
      return originalToolId(id);
    case 'forty':
      return shortened(id, 40);
    case 'nine-alphanumeric':
      return /^[a-zA-Z0-9]{9}$/.test(id) ? id : nineAlphanumerics(id);
  }
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

function nineAlphanumerics(id: string): string {
  const bytes = createHash('sha256').update(id).digest().subarray(0, 9);
  return [...bytes].map((byte) => alphabet[byte % alphabet.length]).join('');
}
