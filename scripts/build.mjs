// `npm run build`: installs where that is due, and builds dist/ anew; with --where-due only where a source is newer.
import { build, checkNode, install } from './setup.mjs';

checkNode();
install();
build({ always: !process.argv.includes('--where-due') });
