// What the program needs to run, as package-lock.json says: nothing of its making.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root } from './setup.mjs';

/** The production dependencies, all levels: their folder below the root, name, version and licence, by folder. */
export function productionPackages() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return Object.entries(packages)
    .filter(([folder, entry]) => folder !== '' && !entry.dev && !entry.devOptional && !isLeftOut(folder, entry))
    .map(([folder, { version, license }]) => ({ folder, name: folder.split('node_modules/').at(-1), version, license }))
    .sort((one, other) => (one.folder < other.folder ? -1 : 1));
}

/** What is optional may be missing: it is for other machines. */
function isLeftOut(folder, { optional }) {
  return optional === true && !existsSync(join(root, folder));
}

/** Puts the built program and the installed packages that it needs into a folder, which is made anew. */
export function assembleProgram(target) {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const own = ['dist', 'package.json', 'config.schema.json', 'LICENSE', 'CHANGELOG.md', 'docs/licences.md'];
  for (const path of own) copy(path, target, (file) => basename(file) !== '.built' && !isForDevelopers(file));
  for (const { folder } of productionPackages()) copy(folder, target, (file) => isNeeded(folder, file));
}

function copy(path, target, filter) {
  const from = join(root, path);
  const options = { recursive: true, dereference: true, filter: (file) => file === from || filter(file) };
  cpSync(from, join(target, path), options);
}

/** Packages inside of a package have entries of their own. */
function isNeeded(folder, file) {
  const parts = file.slice(join(root, folder).length).split(/[\\/]/);
  return !parts.includes('node_modules') && (statSync(file).isDirectory() || !isForDevelopers(file));
}

/** Types, maps and sources in C and C++. */
function isForDevelopers(file) {
  return /\.(map|[cm]?ts|c|cc|cpp|h|hpp|gyp|gypi)$/.test(file);
}
