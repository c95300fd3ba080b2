// `npm run build:python`: puts the built program and what it needs to run into python/claude_code_router/program, from which
// `pip wheel ./python` makes the wheel. What is installed here is copied, so the wheel carries what was tested.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assembleProgram } from './production.mjs';
import { build, checkNode, install, root } from './setup.mjs';

checkNode();
install();
build();
const python = join(root, 'python');
const program = join(python, 'claude_code_router/program');
assembleProgram(program);
// setuptools would put what is left of an older build into the wheel.
for (const left of ['build', 'claude_code_router.egg-info'])
  rmSync(join(python, left), { recursive: true, force: true });
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
writeFileSync(join(program, 'VERSION'), `${version}\n`);
