/**
 * node-rdkafka 3.6.1 never frees the partitions of `sendOffsetsToTransaction`: 130 bytes for each partition and
 * transaction, gigabytes a day. The destructor that should do it is empty; this fills it, before the binding is
 * compiled. See docs/adr/0016-a-leak-in-node-rdkafka.md. The set-up of a clone calls it; where kubesentiment was
 * installed by npm: `node node_modules/kubesentiment/scripts/rdkafka-patch.mjs`. Plain Node without dependencies.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const before = 'ProducerSendOffsetsToTransaction::~ProducerSendOffsetsToTransaction() {}';
const after = `ProducerSendOffsetsToTransaction::~ProducerSendOffsetsToTransaction() {
  RdKafka::TopicPartition::destroy(m_topic_partitions);
}`;

/** Beside the binding, so that it is gone when somebody compiles again without the patch. */
const markerOf = (folder) => join(folder, 'build/Release/kubesentiment-patched');

/** Whether the compiled binding in `folder` has the patch. */
export function isPatched(folder) {
  return existsSync(markerOf(folder));
}

/** Changes the source in `folder`. False when it is not the one that this was written for. */
export function patchSource(folder) {
  const path = join(folder, 'src/workers.cc');
  const source = readFileSync(path, 'utf8');
  if (source.includes(after)) return true;
  const parts = source.split(before);
  if (parts.length !== 2) return false;
  writeFileSync(path, parts.join(after));
  return true;
}

/** To be called when the patched source has been compiled. */
export function markPatched(folder) {
  writeFileSync(markerOf(folder), '');
}

/** Patches and compiles the node-rdkafka that this package uses. Returns the exit code. */
function main() {
  const folder = dirname(createRequire(import.meta.url).resolve('node-rdkafka/package.json'));
  if (isPatched(folder)) {
    console.log('node-rdkafka is patched already.');
    return 0;
  }
  if (!patchSource(folder)) {
    console.error(
      'This node-rdkafka is not the one that the patch was written for (3.6.1). Nothing was changed.',
    );
    return 1;
  }
  console.log('Compiling node-rdkafka again; this takes some minutes.');
  const args = ['rebuild', 'node-rdkafka', '--ignore-scripts=false'];
  const { status } = spawnSync('npm', args, { cwd: dirname(dirname(folder)), stdio: 'inherit' });
  if (status === 0) markPatched(folder);
  return status ?? 1;
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === import.meta.filename)
  process.exit(main());
