// Writes docs/cli.md from the commands and docs/http.md from the table of routes, in dist/.
//   node scripts/surface.mjs          writes them
//   node scripts/surface.mjs --check  fails where they are not as it would write them
import { putPages, readPage } from './pages.mjs';

const { describedProgram } = await import('../dist/cli/program.js');
const { routesWith } = await import('../dist/server/route-table.js');
putPages({ 'docs/cli.md': commandPage(await describedProgram()), 'docs/http.md': httpPage(routesWith('/metrics')) });

function commandPage(program) {
  return `${[
    readPage('docs/cli-preface.md').trim(),
    ...commandsOf(program).map(({ command, words }) =>
      [`## ${words}`, '', '```text', helpOf(command), '```'].join('\n'),
    ),
  ].join('\n\n')}\n`;
}

/** Every command that is shown, those within others behind them. */
function commandsOf(command, before = '') {
  const words = `${before}${command.name()}`;
  const within = command.createHelp().visibleCommands(command);
  return [
    { command, words },
    ...within.filter(({ _name: name }) => name !== 'help').flatMap((inner) => commandsOf(inner, `${words} `)),
  ];
}

/** What `--help` prints, the examples too, at the width of a page. */
function helpOf(command) {
  let text = '';
  command.configureHelp({ helpWidth: 100 }).configureOutput({
    writeOut: (written) => {
      text += written;
    },
    getOutHelpWidth: () => 100,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .trim();
}

function httpPage(table) {
  return `${[
    readPage('docs/http-preface.md').trim(),
    '## Paths',
    ['| method | path | permission | what |', '| --- | --- | --- | --- |', ...rowsOf(table)].join('\n'),
    '## Queries',
    'Any other name, and a value that makes no sense, is a 400.',
    ...[...new Set(table.map(({ query }) => query))].filter(Boolean).map((query) => querySection(table, query)),
  ].join('\n\n')}\n`;
}

/** Methods of a path that do the same share a row. */
function rowsOf(table) {
  const rows = new Map();
  for (const { method, path, permissions, summary } of table) {
    const needed = permissions.length === 0 ? 'none' : permissions.map((name) => `\`${name}\``).join(' or ');
    const row = `\`${path.replace('*', '{id}')}\` | ${needed} | ${summary} |`;
    rows.set(row, [...(rows.get(row) ?? []), method]);
  }
  return [...rows].map(([row, methods]) => `| ${methods.join(', ')} | ${row}`);
}

/** What all paths with this query take. */
function querySection(table, query) {
  const paths = table.filter((route) => route.query === query).map(({ path }) => `\`${path}\``);
  return [paths.join(', '), '', ...Object.entries(query).map(([name, meaning]) => `- \`${name}\`: ${meaning}`)].join(
    '\n',
  );
}
