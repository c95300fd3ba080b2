const REGION = /^(?:us-gov|us|eu|au|jp|ca|apac|global)\./;
const VENDOR =
  /^(?:ai21|amazon|anthropic|cohere|deepseek|google|meta|minimax|mistral|moonshot|moonshotai|nvidia|openai|qwen|writer|xai|zai)\.(?=[a-z])/;
const VERSION = /-v?\d+:\d+$|(?<=claude-.*)-v\d+$/;
const DATE = /(?:@(?:\d{8}|default)|-\d{8}|-\d{4}-\d\d-\d\d|-latest)$/;

/**
 * The id without case, date, version and `[1m]` mark, its dots between digits as dashes: `Claude-Opus-4.6-20260205` and
 * `claude-opus-4-6` are one.
 */
export function bareModelId(id: string): string {
  return id
    .trim()
    .toLowerCase()
    .replace(/\[\d+m\]$/, '')
    .replace(VERSION, '')
    .replace(DATE, '')
    .replace(/(?<=\d)\.(?=\d)/g, '-');
}

/** The id without the path or vendor before it: `openai/gpt-4o`, `us.anthropic.claude-opus-5` and `models/gemini-2.5-pro`. */
export function withoutVendor(id: string): string {
  return id
    .slice(id.lastIndexOf('/') + 1)
    .replace(REGION, '')
    .replace(VENDOR, '');
}

/** A Bedrock id without its geographic region. `global.` is kept: it is priced apart. */
export function withoutRegion(id: string): string {
  return id.startsWith('global.') ? id : id.replace(REGION, '');
}
