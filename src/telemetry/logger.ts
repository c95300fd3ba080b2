import { writeSync } from 'node:fs';
import pino from 'pino';
import type { CallRecord } from '../call/record.ts';
import { callFields, prettyLine } from './call-line.ts';
import { redactText, worthHiding } from './redact.ts';
import { RotatingFile, type RotationSettings } from './rotating-file.ts';

export interface LogSettings {
  level: string;
  format: 'json' | 'pretty';
  /** True where lines go to a terminal or to whatever reads standard output. */
  console: boolean;
  /** The file that gets the lines as JSON. */
  file?: RotationSettings;
  /** Takes every line as JSON, with its end, in place of console and file. */
  sink?(line: string): void;
  /** What must not stand in any line. */
  secrets?: Iterable<string | undefined>;
}

/** How the log itself does. */
export interface LogState {
  file: string | null;
  /** Why lines can't be written at present. */
  problem?: string;
  /** Lines that were given up since the start. */
  lostLines: number;
}

/** Where the router writes what happens. Never a secret, never a body. */
export interface Logger {
  /** True where debug lines are written. */
  readonly isDebugging: boolean;
  readonly state: LogState;
  debug(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
  /** What is logged from now on. */
  setLevel(level: string): void;
  /** What must not stand in any line from now on, beside what looks like a credential. */
  hide(secrets: Iterable<string | undefined>): void;
  /** One line for a call that is over. */
  call(record: CallRecord): void;
  /** The same line, given back and not written; '' where the level leaves it out. */
  callLine(record: CallRecord): string;
  /** Takes a line with its end that another process logged. */
  write(line: string): void;
  /** Writes what is still held. */
  flush(): void;
  /** Writes what is still held, and finishes what is being compressed. Nothing is logged to the file behind it. */
  close(): Promise<void>;
}

export function createLogger(settings: LogSettings): Logger {
  let secrets = worthHiding(settings.secrets ?? []);
  const file =
    settings.file &&
    new RotatingFile(
      settings.file,
      fileEvents(() => logger),
    );
  const sinks: ((line: string) => void)[] = settings.sink ? [settings.sink] : [];
  if (settings.console) sinks.push(consoleSink(settings.format));
  if (file) sinks.push((line) => file.write(line));
  let taken: string | undefined;
  const pass = (line: string) => {
    if (taken !== undefined) taken += line;
    else for (const sink of sinks) sink(line);
  };
  const write = (line: string) => pass(redactText(line, secrets));
  const log = pino(
    {
      level: settings.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write },
  );
  const flush = () => file?.flush();
  const onFault = (error: Error) => logger.error('the process ends', { fault: error.stack ?? String(error) });
  process.on('exit', flush).on('uncaughtExceptionMonitor', onFault);
  const logger: Logger = {
    get isDebugging() {
      return log.isLevelEnabled('debug');
    },
    get state() {
      const problem = file?.problem;
      return {
        file: file?.path ?? null,
        ...(problem === undefined ? {} : { problem }),
        lostLines: file?.lostLines ?? 0,
      };
    },
    debug: (message, fields) => log.debug(fields ?? {}, message),
    info: (message, fields) => log.info(fields ?? {}, message),
    warn: (message, fields) => log.warn(fields ?? {}, message),
    error: (message, fields) => log.error(fields ?? {}, message),
    setLevel: (level) => {
      log.level = level;
    },
    hide: (values) => {
      secrets = worthHiding(values);
    },
    write: pass,
    call: (record) => log[record.outcome === 'failed' ? 'warn' : 'info'](callFields(record), 'call'),
    callLine: (record) => {
      taken = '';
      logger.call(record);
      const line = taken;
      taken = undefined;
      return line;
    },
    flush,
    close: async () => {
      process.off('exit', flush).off('uncaughtExceptionMonitor', onFault);
      await file?.close();
    },
  };
  return logger;
}

/** A console that is gone or full must not end the router. */
function consoleSink(format: 'json' | 'pretty'): (line: string) => void {
  const output = pino.destination({ fd: 1, sync: true, maxLength: 4 * 1024 * 1024 });
  output.on('error', () => undefined);
  return format === 'pretty' ? (line) => output.write(prettyLine(line)) : (line) => output.write(line);
}

/** A log that can't be written can only be told of elsewhere. */
function fileEvents(logger: () => Logger): ConstructorParameters<typeof RotatingFile>[1] {
  return {
    onProblem: (problem) => say(`${problem}; the router goes on\n`),
    onRecovered: (lostLines) => logger().warn('the log file can be written again', { lostLines }),
  };
}

/** Where standard error is a file on the same full disk, nobody can be told. */
function say(text: string): void {
  try {
    writeSync(2, text);
  } catch {}
}
