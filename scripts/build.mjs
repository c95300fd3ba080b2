// `npm run build`: installs where that is due, and builds dist/ anew.
import { build, checkNode, install } from './setup.mjs';

checkNode();
install();
build({ always: true });
