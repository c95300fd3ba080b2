/** What became of each part of an earlier configuration, in the order it was met. */
export class ImportReport {
  readonly carried: string[] = [];
  readonly changed: string[] = [];
  readonly dropped: string[] = [];

  /** It means the same as before. */
  carry(what: string, where: string): void {
    this.carried.push(`${what} is now ${where}`);
  }

  /** It is there, but not quite as it was. */
  change(what: string, how: string): void {
    this.changed.push(`${what}: ${how}`);
  }

  /** It is not there. */
  drop(what: string, why: string): void {
    this.dropped.push(`${what}: ${why}`);
  }

  /** For a person. */
  lines(): string[] {
    const part = (title: string, lines: readonly string[]) =>
      lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`)];
    return [
      ...part('Carried over', this.carried),
      ...part('Changed', this.changed),
      ...part('Not carried over', this.dropped),
    ];
  }
}
