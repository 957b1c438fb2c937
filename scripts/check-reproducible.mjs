/**
 * `npm run check:reproducible`: makes the package, the chart and the content of the image twice, each time from a copy
 * of the sources in another folder, with another date, time zone, language and umask, and compares them byte for byte.
 *
 *   npm run check:reproducible -- --native          also the addons, each compiled twice with zig (some minutes)
 *   npm run check:reproducible -- --release FILE    a release, which must come out like FILE
 *
 * The last line is `N passed, N failed, N skipped`.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { copySources, differences, runIn, surroundings } from './lib/reproducible.mjs';
import { firstLine, root } from './lib/run.mjs';

const { values, positionals } = parseArgs({
  options: { native: { type: 'boolean', default: false }, release: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-twice-'));
const counts = { passed: 0, failed: 0, skipped: 0 };
try {
  const copies = surroundings.map((surrounding) => copySources(folder, surrounding));
  compare('TypeScript', copies, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'], 'dist/src');
  const pack = values.release ? ['--release'] : [];
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const tarball = `build-package/kubesentiment-${version}.tgz`;
  compare('package', copies, ['scripts/pack.mjs', ...pack], tarball);
  for (const path of positionals) {
    check(`the package is ${path}`, () =>
      equal(copies.map(({ home }) => hashOf(join(home, tarball))).concat(hashOf(path))),
    );
  }
  compare('chart', copies, ['scripts/package-chart.mjs'], `build-chart/kubesentiment-${version}.tgz`);
  const whyNoImage = whyNoContent();
  if (whyNoImage !== undefined) skip(`content of the image: ${whyNoImage}`);
  else {
    compare('application in the image', copies, ['docker/assemble.mjs', 'build-image'], 'build-image');
    compare('root of the image', copies, ['docker/root.mjs', 'build-root', 'build-image'], 'build-root');
  }
  for (const arch of values.native ? ['x64', 'arm64'] : [])
    compare(`addon for ${arch}`, copies, ['scripts/build-prebuilds.mjs', '--arch', arch], 'prebuilds');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed > 0 ? 1 : 0;

/** The content of the image is made of what the set-up has compiled, and of libraries of this Debian. */
function whyNoContent() {
  if (firstLine('dpkg-query', ['--version']) === undefined) return 'this is not Debian';
  const compiled = [
    'build/Release/kubesentiment.node',
    'node_modules/node-rdkafka/build/Release/node-librdkafka.node',
  ];
  return compiled.every((path) => existsSync(join(root, path))) ? undefined : 'nothing is compiled here';
}

/** Runs a script in each copy and compares what it has written to `path`. */
function compare(name, copies, script, path) {
  check(name, () => {
    for (const copy of copies) runIn(copy, script);
    const made = copies.map(({ home }) => join(home, path));
    if (!made.every((one) => existsSync(one))) throw new Error(`no ${path}`);
    const differing = differences(...made, { exactly: /^build-/.test(path) });
    if (differing.length > 0) throw new Error(`these differ:\n${differing.slice(0, 20).join('\n')}`);
    if (path.endsWith('.tgz')) console.log(`  sha256 ${hashOf(made[0])}`);
  });
}

function check(name, verify) {
  try {
    verify();
    counts.passed++;
    console.log(`✓ ${name}`);
  } catch (error) {
    counts.failed++;
    console.log(`✗ ${name}: ${error.message}`);
  }
}

function skip(reason) {
  counts.skipped++;
  console.log(`- skipped: ${reason}`);
}

function equal(hashes) {
  if (new Set(hashes).size > 1) throw new Error(hashes.join('\n'));
}

function hashOf(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
