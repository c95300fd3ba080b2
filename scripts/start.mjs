// `npm start`: installs and builds where that is due, then runs the router in the foreground with the given flags.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, checkNode, install, root } from './setup.mjs';

checkNode();
install();
build();
process.argv[1] = join(root, 'dist/main.js');
await import(pathToFileURL(process.argv[1]).href);
