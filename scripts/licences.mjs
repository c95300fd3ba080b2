// Writes docs/licences.md: whose work the program carries, and under which licences.
//   node scripts/licences.mjs          writes it
//   node scripts/licences.mjs --check  fails where it is not as it would write it
// Fails in either case for a licence that is not allowed.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { productionPackages } from './production.mjs';
import { root } from './setup.mjs';

/** Licences that ask for no more than their own text, which every package carries. */
const allowed = new Set(['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'BlueOak-1.0.0']);

const file = join(root, 'docs/licences.md');
const packages = productionPackages();
const refused = packages.filter(({ license }) => !isAllowed(license));
for (const { name, version, license } of refused) {
  complain(`${name} ${version}: the licence "${license ?? 'none'}" is not among ${[...allowed].join(', ')}`);
}
const text = page();
if (!process.argv.includes('--check')) writeFileSync(file, text);
else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
  complain('docs/licences.md is out of date: run `node scripts/licences.mjs`');
}

/** One licence, or a choice between several of which one is allowed. */
function isAllowed(license = '') {
  return license
    .replace(/^\((.*)\)$/, '$1')
    .split(' OR ')
    .some((one) => allowed.has(one));
}

function page() {
  const counts = [...new Set(packages.map(({ license }) => license))]
    .map((one) => `${one} (${packages.filter(({ license }) => license === one).length})`)
    .sort();
  return `${[
    '# Licences',
    `Claude Code Router is under the [MIT licence](../LICENSE). To run it needs these ${packages.length} packages; each carries the text of its licence: ${counts.join(', ')}. This file is made from package-lock.json by \`node scripts/licences.mjs\`, which refuses any other licence.`,
    [
      '| package | version | licence | made by |',
      '| --- | --- | --- | --- |',
      ...packages.map(
        ({ folder, name, version, license }) => `| ${name} | ${version} | ${license} | ${maker(folder)} |`,
      ),
    ].join('\n'),
    'The catalogue of models and prices holds data of [genai-prices](https://github.com/pydantic/genai-prices) and [models.dev](https://models.dev), both under the MIT licence; their texts stand in [catalog.NOTICE](../src/models/catalog.NOTICE), which goes with the program.',
  ].join('\n\n')}\n`;
}

function maker(folder) {
  const { author, maintainers, contributors } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const [first] = [author, ...(maintainers ?? []), ...(contributors ?? [])].filter((person) => person !== undefined);
  const name = typeof first === 'string' ? first : (first?.name ?? '');
  return name.replace(/\s*[<(].*$/, '');
}

function complain(line) {
  process.stderr.write(`${line}\n`);
  process.exitCode = 1;
}
