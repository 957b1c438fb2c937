/**
 * Packs the package as `npm publish` would, installs the tarball without install scripts, and classifies a text
 * with it on every given version of Node (default: 20 22 24), without a compiler available. node-rdkafka is excluded,
 * because it has no prebuilt binaries. The last line is `N passed, N failed, N skipped`.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchNode } from './lib/fetch-node.mjs';
import { npmCommand, root } from './lib/run.mjs';
import { exitOnStepError } from './setup.mjs';

/**
 * Sends a text through the addon and ONNX Runtime; it imports the file directly, since index.js also loads
 * librdkafka.
 */
const classify = `
import { StreamProcessor } from './node_modules/kubesentiment/dist/src/predict/stream-processor.js';
const processor = await StreamProcessor.create({ threads: 1 });
const [answer] = await processor.predict(['What a lovely day']);
console.log(JSON.stringify(answer));
process.exit(0);
`;
const named = process.argv.slice(2);
const versions = named.length > 0 ? named : ['20', '22', '24'];
const prebuilt = join(root, 'prebuilds', `${process.platform}-${process.arch}`, 'kubesentiment.node');
if (!existsSync(prebuilt)) {
  run([process.execPath, join(root, 'scripts/build-prebuilds.mjs')], { cwd: root, stdio: 'inherit' });
}

const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-package-'));
let failed = 0;
try {
  const pack = npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder], root);
  const [{ filename, size, files }] = JSON.parse(pack);
  console.log(`${filename}: ${files.length} files, ${(size / 1e6).toFixed(1)} MB`);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  npm(['install', '--ignore-scripts', '--prefer-offline', `./${filename}`], folder);
  writeFileSync(join(folder, 'classify.mjs'), classify);
  for (const version of versions) if (!(await classifiesOn(version))) failed++;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${versions.length - failed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed > 0 ? 1 : 0;

async function classifiesOn(version) {
  const node = await exitOnStepError(() => fetchNode(version, join(root, '.cache/node', version)));
  try {
    // An empty PATH, so nothing but Node itself can be started.
    const empty = join(folder, 'empty');
    mkdirSync(empty, { recursive: true });
    const answer = run([node, 'classify.mjs'], { cwd: folder, env: { PATH: empty } });
    console.log(`Node ${run([node, '--version']).trim()}: ${answer.trim()}`);
    return /POSITIVE/i.test(answer);
  } catch (error) {
    console.log(`Node ${version}: ${error.message}`);
    return false;
  }
}

function run([command, ...args], options) {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], ...options });
}

function npm(args, cwd) {
  return run([...npmCommand(), '--loglevel=error', ...args], { cwd });
}
