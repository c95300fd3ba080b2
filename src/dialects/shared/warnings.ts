/** Adds a line that a user may care about, once. */
export function warn(warnings: string[], line: string): void {
  if (!warnings.includes(line)) warnings.push(line);
}
