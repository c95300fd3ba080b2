// The package has types of its whole alone.
import undici = require('undici');
export = undici.Agent;
