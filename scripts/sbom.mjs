/**
 * Writes a CycloneDX bill of materials of the package's run-time dependencies to standard output: the npm packages,
 * as npm reports them, and the native libraries in two of them, which npm does not know about.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nativeComponents } from './lib/native-parts.mjs';
import { root } from './lib/run.mjs';

const manifest = (name) =>
  JSON.parse(readFileSync(join(root, name === '' ? '' : `node_modules/${name}`, 'package.json'), 'utf8'));
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const output = execFileSync(npm, ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev'], {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
  stdio: ['ignore', 'pipe', 'ignore'],
});
const bill = JSON.parse(output);
// npm uses the name of the folder as the name of the package.
bill.metadata.component.name = manifest('').name;
// The package.json of node-rdkafka says "v3.6.1", and scanners look for 3.6.1.
for (const component of bill.components) {
  const { version } = component;
  component.version = version.replace(/^v/, '');
  component.purl = component.purl?.replace(`@${version}`, `@${component.version}`);
}
bill.components.push(...nativeComponents(root));
process.stdout.write(`${JSON.stringify(bill, undefined, 2)}\n`);
