/** One thing that was looked at. */
export interface Finding {
  /** `node`, `config`, `key`, `provider`, `clock`, `router`, `port`, `state`, `claude-code`, `settings`. */
  area: string;
  status: 'ok' | 'warning' | 'problem';
  /** What was found. */
  text: string;
  /** What to do; only where something is not as it should be. */
  remedy?: string;
}

export function ok(area: string, text: string): Finding {
  return { area, status: 'ok', text };
}

export function warning(area: string, text: string, remedy: string): Finding {
  return { area, status: 'warning', text, remedy };
}

export function problem(area: string, text: string, remedy: string): Finding {
  return { area, status: 'problem', text, remedy };
}
