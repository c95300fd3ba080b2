/** How the operating system is told to keep the router running. */
export interface ServiceSettings {
  /** Node and the program. */
  command: string[];
  /** The folder of everything, or a configuration file, where they are not the usual ones. */
  variables: Record<string, string>;
  /** A file of NAME=value lines, for the keys of providers. */
  environmentFile: string;
  /** Where output goes on systems that keep none. */
  logFile: string;
}

/** The label of the service on macOS, and the name of its file. */
export const launchdLabel = 'claude-code-router';
export const systemdUnit = 'claude-code-router.service';
export const windowsTask = 'Claude Code Router';

/** A unit for `systemd --user`. Calls that run may finish when it is stopped. */
export function systemdText({ command, variables, environmentFile }: ServiceSettings): string {
  return `[Unit]
Description=Claude Code Router
After=network-online.target

[Service]
Type=exec
ExecStart=${command.map(systemdWord).join(' ')}
ExecReload=/bin/kill -HUP $MAINPID
${Object.entries(variables)
  .map(([name, value]) => `Environment=${systemdWord(`${name}=${value}`)}\n`)
  .join('')}EnvironmentFile=-${environmentFile.replaceAll('%', '%%')}
Restart=on-failure
RestartSec=2
# 78: the configuration can't be used; another start would not help.
RestartPreventExitStatus=78
# Of several processes the first is told, and tells the others.
KillMode=mixed
TimeoutStopSec=45

[Install]
WantedBy=default.target
`;
}

/** A property list for launchd: started at login, again after a crash. launchd reads no file of variables: a shell does. */
export function launchdText({ command, variables, environmentFile, logFile }: ServiceSettings): string {
  const script = `if [ -f "$0" ]; then set -a; . "$0"; set +a; fi; exec "$@"`;
  const words = ['/bin/sh', '-c', script, environmentFile, ...command];
  const pairs = Object.entries(variables)
    .map(([name, value]) => `    <key>${xml(name)}</key>\n    <string>${xml(value)}</string>\n`)
    .join('');
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${launchdLabel}</string>
  <key>ProgramArguments</key>
  <array>
${words.map((word) => `    <string>${xml(word)}</string>\n`).join('')}  </array>
  <key>EnvironmentVariables</key>
  <dict>
${pairs}  </dict>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ThrottleInterval</key>
  <integer>10</integer>
  <key>ExitTimeOut</key>
  <integer>45</integer>
  <key>StandardOutPath</key>
  <string>${xml(logFile)}</string>
  <key>StandardErrorPath</key>
  <string>${xml(logFile)}</string>
</dict>
</plist>
`;
}

/** A task for the Windows task scheduler: started at logon. It takes no variables of its own: they are those of the user. */
export function windowsTaskText({ command }: ServiceSettings): string {
  const [program = '', ...args] = command;
  return `<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>Claude Code Router</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
    </LogonTrigger>
  </Triggers>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>3</Count>
    </RestartOnFailure>
  </Settings>
  <Actions>
    <Exec>
      <Command>${xml(program)}</Command>
      <Arguments>${xml(args.map(windowsWord).join(' '))}</Arguments>
    </Exec>
  </Actions>
</Task>
`;
}

/** A word of a systemd line: quoted, with its own escapes for percent signs and variables. */
function systemdWord(word: string): string {
  const escaped = word.replaceAll(/["\\]/g, String.raw`\$&`).replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /^[\w./:@=,+-]+$/.test(escaped) ? escaped : `"${escaped}"`;
}

/** A word of a Windows command line: backslashes in front of a quotation mark count twice. */
function windowsWord(word: string): string {
  if (/^[^\s"]+$/.test(word)) return word;
  return `"${word.replaceAll(/(\\*)"/g, String.raw`$1$1\"`).replace(/(\\+)$/, '$1$1')}"`;
}

function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
