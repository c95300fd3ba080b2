// Puts the built modules of the program together, so that a start opens some files instead of some hundred. Packages stay where
// they are, and so do the modules below dist/, which the public API and the ledger's thread are loaded from.
import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { rolldown } from 'rolldown';

const dist = process.argv[2];
const folder = join(dist, 'bundle');
const main = join(dist, 'main.js');
const bundle = await rolldown({
  input: { main },
  platform: 'node',
  external: (name) => !/^[./]/.test(name) && !name.startsWith(dist),
  plugins: [{ name: 'own addresses', transform: withOwnAddress }],
});
await bundle.write({ dir: folder, format: 'esm', chunkFileNames: '[name].js' });
await bundle.close();
writeFileSync(main, "#!/usr/bin/env node\nimport './bundle/main.js';\n");

/** What a module finds beside itself it finds from within the bundle, too. */
function withOwnAddress(code, module) {
  if (!code.includes('import.meta.url')) return undefined;
  const address = JSON.stringify(relative(folder, module).replaceAll('\\', '/'));
  return { code: code.replaceAll('import.meta.url', `new URL(${address}, import.meta.url).href`) };
}
