// `node scripts/assemble.mjs FOLDER`: puts the built program and the packages that it needs to run into FOLDER.
import { resolve } from 'node:path';
import { assembleProgram } from './production.mjs';

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('Usage: node scripts/assemble.mjs FOLDER\n');
  process.exit(2);
}
assembleProgram(resolve(folder));
