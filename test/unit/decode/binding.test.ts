import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { limitArenas } from '../../../src/decode/binding.ts';
import { root } from '../../helpers/paths.ts';
import { tokenizerPath } from './make-decoder.ts';

/** A package with the compiled sources and, where the addon would be, only what `prepare` puts there. */
function loadIn(prepare: (folder: string) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-package-'));
  try {
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    cpSync(join(root, 'dist/src'), join(folder, 'dist/src'), { recursive: true });
    prepare(folder);
    const program = `
      import { loadBinding } from './dist/src/decode/binding.js';
      try {
        console.log(Object.keys(loadBinding()).join());
      } catch (error) {
        console.log(error.code, error.message, error.remedy);
      }`;
    return execFileSync(process.execPath, ['--input-type=module', '-e', program], {
      cwd: folder,
      encoding: 'utf8',
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('an addon that is missing is named, with what to do', () => {
  assert.match(
    loadIn(() => {}),
    /^KS_ADDON_MISSING The native addon is not built\. Run `npm run build:native`/,
  );
});

test('an addon that cannot be loaded is named with its path', () => {
  const output = loadIn((folder) => {
    mkdirSync(join(folder, 'build/Release'), { recursive: true });
    writeFileSync(join(folder, 'build/Release/kubesentiment.node'), 'nonsense');
  });
  assert.match(
    output,
    /^KS_ADDON_MISSING The native addon .*kubesentiment\.node cannot be loaded on this machine\./,
  );
});

test('a prebuilt addon is taken first', () => {
  const output = loadIn((folder) => {
    const prebuilt = join('prebuilds', `${process.platform}-${process.arch}`, 'kubesentiment.node');
    const ours = [prebuilt, 'build/Release/kubesentiment.node'].map((name) => join(root, name));
    cpSync(ours.find(existsSync) ?? '', join(folder, prebuilt), { recursive: true });
    mkdirSync(join(folder, 'build/Release'), { recursive: true });
    writeFileSync(join(folder, 'build/Release/kubesentiment.node'), 'nonsense');
  });
  assert.equal(
    output.trim(),
    'NativeDecoder,NativeReader,cpuPath,describeStatus,dropTokenizer,endProcess,encryptionStatus,' +
      'schemaStatus,stalledStatus,deletedStatus,limitArenas,loadTokenizer,setErrorMaker,trimMemory',
  );
});

test('as many threads as the configuration allows can share arenas', () => {
  limitArenas(1024 + 2);
});

test('workers load, use and leave it at the same time, again and again', async () => {
  const program = `
    import { parentPort, workerData } from 'node:worker_threads';
    const { Decoder } = await import(workerData.dist + 'src/decode/decoder.js');
    const { SlotTable } = await import(workerData.dist + 'src/slots.js');
    const table = new SlotTable(64);
    const decoder = new Decoder({ tokenizerPath: workerData.tokenizerPath, table, maxTokens: 16, maxMessageBytes: 1000,
      maxDepth: 8, labels: ['a'], modelName: 'm', modelVersion: 'v' });
    const slots = Int32Array.from({ length: 64 }, (_, i) => i);
    let decoded = 0;
    for (let i = 0; i < 50; i++) decoded += decoder.decodeTexts(new Array(64).fill('good'), slots, 64);
    try {
      decoder.tokens(64);
    } catch (error) {
      parentPort.postMessage([decoded, error.constructor.name, error.code]);
    }`;
  const dist = pathToFileURL(join(root, 'dist/')).href;
  const url = new URL(`data:text/javascript,${encodeURIComponent(program)}`);
  for (let round = 0; round < 5; round++) {
    const answers = Array.from({ length: 4 }, async () => {
      const worker = new Worker(url, { workerData: { dist, tokenizerPath } });
      const exited = new Promise((resolve) => worker.once('exit', resolve));
      const answer = await new Promise((resolve, reject) =>
        worker.once('message', resolve).once('error', reject),
      );
      if (round % 2 === 0) await worker.terminate();
      await exited;
      return answer;
    });
    for (const answer of await Promise.all(answers)) {
      assert.deepEqual(answer, [3200, 'KubesentimentError', 'KS_ADDON_MISUSE']);
    }
  }
});

test('a process ends with its exit code although a thread of it hangs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-hang-'));
  const pipe = join(folder, 'pipe'); // nobody writes to it, so whoever opens it waits
  execFileSync('mkfifo', [pipe]);
  const script = `
    import { readFile } from 'node:fs';
    import { endProcess } from ${JSON.stringify(join(root, 'dist/src/decode/binding.js'))};
    readFile(${JSON.stringify(pipe)}, () => undefined);
    setTimeout(() => endProcess(7), 50);`;
  const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 60_000 });
  rmSync(folder, { recursive: true });
  assert.equal(status, 7);
});
