// `npm run wall`: the whole fault wall, every recorded stream dying at every byte in every way. It takes long; `npm test`
// runs a tenth of it, the same each time.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { checkNode, install, root, run } from './setup.mjs';

checkNode();
install();
const runner = join(createRequire(import.meta.url).resolve('vitest/package.json'), '../vitest.mjs');
run(process.execPath, [runner, 'run', '--project', 'unit', 'test/wall'], {
  cwd: root,
  env: { ...process.env, WALL: 'full' },
});
