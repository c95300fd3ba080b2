// Puts the built modules of the program together, and with them the packages that every start needs, so that a start opens some
// files instead of some hundred. The modules below dist/ stay, which the public API and the ledger's thread are loaded from.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { rolldown } from 'rolldown';
import { parseAst } from 'rolldown/parseAst';

/** Packages that every start needs, and that find nothing beside themselves. */
const included = /^(@marcbachmann\/cel-js|aws4fetch|commander|jsonc-parser|lru-cache|undici|zod)(\/|$)/;

const dist = process.argv[2];
const folder = join(dist, 'bundle');
const main = join(dist, 'main.js');
const bundle = await rolldown({
  input: { main },
  platform: 'node',
  resolve: { mainFields: ['module', 'main'] },
  external: (name) => !/^[./]/.test(name) && !name.startsWith(dist) && !included.test(name),
  plugins: [{ name: 'own addresses', transform: withOwnAddress }],
});
const { output } = await bundle.write({ dir: folder, format: 'esm', chunkFileNames: '[name].js' });
await bundle.close();
// Not by a plugin: the bundler takes out again what means nothing.
for (const { code, fileName } of output) if (code) writeFileSync(join(folder, fileName), withoutLeadingSpreads(code));
writeFileSync(join(folder, 'LICENCES.txt'), licencesOf(output.flatMap(({ moduleIds = [] }) => moduleIds)));
writeFileSync(main, "#!/usr/bin/env node\nimport './bundle/main.js';\n");

/** What a module finds beside itself it finds from within the bundle, too. */
function withOwnAddress(code, module) {
  if (module.startsWith('\0') || /[\\/]node_modules[\\/]/.test(module) || !code.includes('import.meta.url'))
    return undefined;
  const address = JSON.stringify(relative(folder, module).replaceAll('\\', '/'));
  return { code: code.replaceAll('import.meta.url', `new URL(${address}, import.meta.url).href`) };
}

/**
 * V8 as Node 20 has it makes a new kind of object each time that it meets `{ ...one, more }`: half a microsecond, some with
 * `{ ...one, ...other }`, and garbage that only a walk over the whole heap removes. `{ ...undefined, ...one, more }`
 * means the same, and takes a tenth.
 */
function withoutLeadingSpreads(code) {
  const places = [];
  const look = (node) => {
    if (Array.isArray(node)) return node.forEach(look);
    if (typeof node?.type !== 'string') return undefined;
    if (node.type === 'ObjectExpression' && node.properties.length > 1 && node.properties[0].type === 'SpreadElement')
      places.push(node.start + 1);
    Object.values(node).forEach(look);
  };
  look(parseAst(code).body);
  const starts = [0, ...places.sort((one, other) => one - other)];
  return starts.map((start, index) => code.slice(start, starts[index + 1])).join(' ...undefined,');
}

/** The licences of the packages that these modules are of. Throws where one has none. */
function licencesOf(modules) {
  const inPackage = /^.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/;
  const folders = new Set(modules.map((module) => inPackage.exec(module)?.[0]).filter(Boolean));
  const texts = [...folders].sort().map((path) => {
    const file = readdirSync(path).find((name) => /^licen[cs]e/i.test(name));
    if (!file || !existsSync(join(path, file))) throw new Error(`${path} has no licence`);
    const { name, version } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
    return `${name} ${version}\n\n${readFileSync(join(path, file), 'utf8').trim()}\n`;
  });
  return `This folder holds code of these packages.\n\n${texts.join(`\n${'-'.repeat(72)}\n\n`)}`;
}
