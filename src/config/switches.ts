/** True for a block that says `enabled: false` itself. */
export function isSwitchedOff(block: unknown): boolean {
  return typeof block === 'object' && block !== null && (block as { enabled?: unknown }).enabled === false;
}
