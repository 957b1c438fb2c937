/** `npm run sbom`: what runs is in it, and nothing that only develops. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../helpers/paths.ts';

interface Bill {
  readonly bomFormat: string;
  readonly metadata: { readonly component: { readonly name: string } };
  readonly components: readonly { readonly name: string; readonly version: string; readonly purl: string }[];
}

test('the bill of materials names every package that runs, and the native libraries inside of them', () => {
  // What this Node is told to preload may be more than the Node of a plain `npm` understands.
  const env = { ...process.env, NODE_OPTIONS: '' };
  const output = execFileSync(process.execPath, [join(root, 'scripts/sbom.mjs')], { encoding: 'utf8', env });
  const { bomFormat, metadata, components } = JSON.parse(output) as Bill;
  assert.equal(bomFormat, 'CycloneDX');
  assert.equal(metadata.component.name, 'kubesentiment');
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const versions = new Map(components.map(({ name, version }) => [name, version]));
  assert.match(components.find(({ name }) => name === 'node-rdkafka')?.purl ?? '', /@\d+\.\d+\.\d+$/);
  for (const [name, version] of Object.entries(dependencies)) assert.equal(versions.get(name), version, name);
  for (const name of Object.keys(devDependencies)) assert.ok(!versions.has(name), name);
  for (const name of ['librdkafka', 'onnxruntime']) {
    const found = components.find((component) => component.name === name);
    assert.match(found?.purl ?? '', /^pkg:github\/[\w-]+\/[\w-]+@v\d+\.\d+\.\d+$/, name);
  }
});
