/**
 * What we change in node-rdkafka 3.6.1 and the librdkafka in it before they are compiled; why is in
 * docs/adr/0016-a-patched-node-rdkafka.md. The set-up of a clone calls it; where kubesentiment was installed by npm:
 * `node node_modules/kubesentiment/scripts/rdkafka-patch.mjs`. Plain Node without dependencies.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const changes = [
  // The partitions of each call were never freed: 130 bytes for each of them and transaction, gigabytes a day.
  {
    file: 'src/workers.cc',
    before: 'ProducerSendOffsetsToTransaction::~ProducerSendOffsetsToTransaction() {}',
    after: `ProducerSendOffsetsToTransaction::~ProducerSendOffsetsToTransaction() {
  RdKafka::TopicPartition::destroy(m_topic_partitions);
}`,
  },
  // Partitions were added while this member was giving some back: it joined again at once, others got them too early,
  // and its offsets were taken under the new generation. Left alone, it joins again when they have been given back.
  {
    file: 'deps/librdkafka/src/rdkafka_cgrp.c',
    before: `        if (!rkcg->rkcg_subscription || rkcg->rkcg_subscription->cnt == 0)
                return;

        /*
         * Unmatched topics will be added to the errored list.`,
    after: `        if (!rkcg->rkcg_subscription || rkcg->rkcg_subscription->cnt == 0)
                return;

        /* kubesentiment: the next look at the metadata will see it too. */
        if (do_join &&
            (RD_KAFKA_CGRP_WAIT_ASSIGN_CALL(rkcg) ||
             rkcg->rkcg_join_state ==
                 RD_KAFKA_CGRP_JOIN_STATE_WAIT_UNASSIGN_TO_COMPLETE ||
             rkcg->rkcg_join_state ==
                 RD_KAFKA_CGRP_JOIN_STATE_WAIT_INCR_UNASSIGN_TO_COMPLETE))
                return;

        /*
         * Unmatched topics will be added to the errored list.`,
  },
  // A coordinator that had just moved when the committed offsets were asked for was not asked again: the partition was
  // assigned, and never read.
  {
    file: 'deps/librdkafka/src/rdkafka_request.c',
    before: `        return rd_kafka_err_action(rkb, err, request, RD_KAFKA_ERR_ACTION_END);
}

/**
 * Generic handler for OffsetFetch responses.`,
    after: `        /* kubesentiment */
        return rd_kafka_err_action(
            rkb, err, request,
            RD_KAFKA_ERR_ACTION_REFRESH | RD_KAFKA_ERR_ACTION_RETRY,
            RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
            RD_KAFKA_ERR_ACTION_REFRESH | RD_KAFKA_ERR_ACTION_RETRY,
            RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
            RD_KAFKA_ERR_ACTION_RETRY,
            RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
            RD_KAFKA_ERR_ACTION_END);
}

/**
 * Generic handler for OffsetFetch responses.`,
  },
];

/** Beside the binding, so that it is gone when somebody compiles again without the changes. The number is theirs. */
const markerOf = (folder) => join(folder, 'build/Release/kubesentiment-patched-3');

/** Whether the compiled binding in `folder` has the changes. */
export function isPatched(folder) {
  return existsSync(markerOf(folder));
}

/** Changes the source in `folder`. False when it is not the one that this was written for; then nothing is changed. */
export function patchSource(folder) {
  const changed = new Map();
  for (const { file, before, after } of changes) {
    const path = join(folder, file);
    const source = readFileSync(path, 'utf8');
    if (source.includes(after)) continue;
    const parts = source.split(before);
    if (parts.length !== 2) return false;
    changed.set(path, parts.join(after));
  }
  for (const [path, source] of changed) writeFileSync(path, source);
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
      'This node-rdkafka is not the one that the changes were written for (3.6.1). Nothing was changed.',
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
