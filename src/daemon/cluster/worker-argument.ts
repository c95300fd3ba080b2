/** The only argument of a process that serves as one of several. */
export const workerArgument = '--worker';
