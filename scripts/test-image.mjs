// `npm run test:image`: really builds the image and runs it. Needs root, buildah and debootstrap; takes minutes.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { checkNode, install, root, run } from './setup.mjs';

checkNode();
install();
const runner = join(createRequire(import.meta.url).resolve('vitest/package.json'), '../vitest.mjs');
const args = ['run', '--project', 'end-to-end', 'test/end-to-end/image.test.ts'];
run(process.execPath, [runner, ...args], { cwd: root, env: { ...process.env, BUILD_IMAGE: '1' } });
