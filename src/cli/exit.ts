/** What a command ends with. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, notRunning: 3, badConfig: 78 } as const;

/** A command that can't go on: what to tell the user, and the code to exit with. */
export class CliFailure extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = exitCodes.failed) {
    super(message);
    this.name = 'CliFailure';
    this.exitCode = exitCode;
  }
}
