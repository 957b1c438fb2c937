/**
 * A project in TypeScript that installs the package: under the strictest settings, and looking into the declarations of
 * its dependencies, it compiles with what npm would have installed, and `@types/node`.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { root } from '../helpers/paths.ts';

/** These travel inside of the package, without their types: see scripts/pack.mjs. */
const vendored: ReadonlySet<string> = new Set(['node-rdkafka', 'onnxruntime-node']);
const options = {
  target: 'es2022',
  module: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  noEmit: true,
  types: ['node'],
};

const everywhere = `
import { HighThroughputKafkaConsumer, type ProcessedMessage, type ResultStream } from 'kubesentiment';
import { StreamProcessor } from 'kubesentiment/predict';

declare const signal: AbortSignal | undefined;
declare const bufferMax: number | undefined;
const consumer = new HighThroughputKafkaConsumer({ settings: { kafka: { topic: ['a', 'b'] } }, env: process.env });
const stream: ResultStream = consumer.results({ bufferMax });
await consumer.start({ signal });
for await (const messages of stream) {
  const first: ProcessedMessage | undefined = messages[0];
  console.log(first?.label?.length, stream.dropped);
}
for await (const [{ topic } = { topic: '' }] of consumer.results()) console.log(topic.length);
// @ts-expect-error The results of a commit are an array.
for await (const { label } of consumer.results()) console.log(label);
await consumer[Symbol.asyncDispose]();
const processor = await StreamProcessor.create();
const disposed: Promise<void> = processor[Symbol.asyncDispose]();
await disposed;
`;

const withUsing = `
import { HighThroughputKafkaConsumer } from 'kubesentiment';
import { StreamProcessor } from 'kubesentiment/predict';

await using consumer = new HighThroughputKafkaConsumer();
await using processor = await StreamProcessor.create();
console.log(consumer.state, processor.model.name);
`;

/** A folder with the package and its dependencies, as npm installs them. */
function project(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-types-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const installed = join(folder, 'node_modules/kubesentiment');
  cpSync(join(root, 'package.json'), join(installed, 'package.json'));
  cpSync(join(root, 'dist/src'), join(installed, 'dist/src'), {
    recursive: true,
    filter: (path) => !/\.(js|map)$/.test(path),
  });
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const name of [...Object.keys(manifest.dependencies), '@types/node'].filter((n) => !vendored.has(n))) {
    const link = join(folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), link);
  }
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  return folder;
}

/** What the compiler says of the program; nothing if it is content. */
function compile(folder: string, program: string, lib: readonly string[]): string {
  writeFileSync(join(folder, 'program.ts'), program);
  const config = { compilerOptions: { ...options, lib }, files: ['program.ts'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const { stdout, stderr } = spawnSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' });
  return stdout + stderr;
}

test('the types need no skipLibCheck and nothing that is not installed', (t) => {
  const folder = project(t);
  assert.equal(compile(folder, everywhere, ['es2022']), '');
  assert.equal(compile(folder, withUsing, ['es2022', 'esnext.disposable']), '');
});

test('the TypeScript of the README compiles as it stands there', (t) => {
  const [, program = ''] =
    /^```ts\n([\s\S]*?)^```$/m.exec(readFileSync(join(root, 'README.md'), 'utf8')) ??
    assert.fail('no program');
  assert.equal(compile(project(t), program, ['es2022', 'esnext.disposable']), '');
});

test('a type that is not there is noticed', (t) => {
  const folder = project(t);
  rmSync(join(folder, 'node_modules/zod'));
  assert.match(compile(folder, everywhere, ['es2022']), /Cannot find module 'zod'/);
});
