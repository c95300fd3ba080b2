// Prints the bill of materials of the program (CycloneDX, JSON): what it needs to run, without the tools of its making.
// `npm sbom --omit=dev` leaves out packages that a tool needs, too; so npm is asked for all, and the tools are dropped here.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { productionPackages } from './production.mjs';
import { root } from './setup.mjs';

const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const onWindows = process.platform === 'win32';
const all = JSON.parse(
  execFileSync(onWindows ? 'npm.cmd' : 'npm', ['sbom', '--sbom-format=cyclonedx', '--sbom-type=application'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    shell: onWindows,
  }),
);
const program = `${name}@${version}`;
const needed = new Set([program, ...productionPackages().map((entry) => `${entry.name}@${entry.version}`)]);
const components = all.components.filter((component) => needed.has(component['bom-ref']));
if (components.length !== needed.size - 1) throw new Error('npm sbom does not know every package of package-lock.json');
const dependencies = all.dependencies
  .filter(({ ref }) => needed.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => needed.has(other)) }));
const metadata = { ...all.metadata, component: { ...all.metadata.component, name } };
process.stdout.write(`${JSON.stringify({ ...all, metadata, components, dependencies }, undefined, 2)}\n`);
