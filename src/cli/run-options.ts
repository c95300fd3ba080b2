import { type Command, Option } from 'commander';
import { logLevels } from '../config/env.ts';
import { CliFailure, exitCodes } from './exit.ts';

/** The options of a router that is started, in the foreground or in the background. */
export function runOptions(command: Command): Command {
  return command
    .option('-c, --config <file>', 'the configuration file')
    .option('-p, --port <port>', 'where to listen; 0 takes a free port', readPort)
    .option('--host <address>', 'the address to listen on')
    .option('-m, --models <names>', 'models to serve, separated by commas; the first is the default', readNames)
    .addOption(new Option('--log-level <level>', 'what is logged').choices([...logLevels]));
}

function readPort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535 && text.trim() !== '') return port;
  throw new CliFailure(`--port: expected a number from 0 to 65535, got "${text}"`, exitCodes.usage);
}

function readNames(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => name !== '')) return names;
  throw new CliFailure(`--models: expected names separated by commas, got "${text}"`, exitCodes.usage);
}
