/**
 * What a run that fails leaves behind, so that somebody can find out why: the records of each request that went wrong,
 * with the transactions that wrote them, what the brokers' own files say, and all logs.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ALERTS, type Origins, outputsOf, type Topics, type Verdict } from './check.ts';
import type { Cluster } from './cluster.ts';
import { dumpLogs } from './dump-logs.ts';
import { type Batch, batchesIn, partitionsOf } from './log-segments.ts';
import { readToEnd } from './reader.ts';

export interface EvidenceOptions {
  /** A folder that does not exist yet. */
  readonly folder: string;
  readonly cluster: Pick<Cluster, 'direct' | 'logDirs'>;
  readonly topics: Topics;
  readonly origins: Origins;
  readonly verdict: Verdict;
}

/** Of requests that came out twice. */
const DUPLICATES_MAX = 1_000;
/** Partitions are copied up to this size, all together; those of the coordinators come first. */
const COPIED_BYTES_MAX = 256 * 1024 * 1024;
const internal = ['__consumer_offsets', '__transaction_state'];

/** A record in the files of one broker. */
interface Story extends Place {
  readonly broker: number;
  readonly batch: Batch;
  /** What ended its transaction. */
  readonly end: Batch | undefined;
}

interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** Returns a sentence that says what is where. */
export async function keepEvidence(options: EvidenceOptions): Promise<string> {
  const { folder, cluster, topics } = options;
  const { logDirs } = cluster;
  mkdirSync(folder, { recursive: true });
  const wrong = await findWrong(options);
  const records = await recordsOf(wrong, options);
  const batches = readOnce();
  const stories = [...records].map(([request, places]) => ({
    request,
    records: places.map((place) => storyOf(place, logDirs, batches)),
  }));
  writeJson(join(folder, 'requests.json'), stories);
  const producers = new Set(
    stories.flatMap((story) => story.records.flat().map(({ batch }) => String(batch.producerId))),
  );
  for (const [i, logDir] of logDirs.entries()) {
    const places = [...outputsOf(topics), ...internal].flatMap((topic) =>
      partitionsOf(logDir, topic).map((partition) => ({ topic, partition })),
    );
    const lines = places.flatMap(({ topic, partition }) => batchLines(logDir, topic, partition, producers));
    writeFileSync(join(folder, `batches-of-broker-${i + 1}.txt`), lines.map((line) => `${line}\n`).join(''));
    keepLogs(dirname(logDir), join(folder, `broker-${i + 1}`));
  }
  copyPartitions(options);
  await dumpLogs(folder, logDirs, internal);
  return `Evidence on ${stories.length} requests: ${folder}`;
}

/** The requests that came out twice, found once more: the verdict names only a few of them; and what else it names. */
async function findWrong({ cluster, topics, origins, verdict }: EvidenceOptions) {
  const wrong = new Set<string>();
  const seen = new Map<string, Set<number>>();
  for (const [kind, topic] of kindsOf(topics)) {
    await readToEnd(cluster.direct, topic, 'read_committed', (record) => {
      const origin = origins[kind](record);
      if (origin === undefined) return;
      const place = `${origin.topic}/${origin.partition}`;
      const offsets = seen.get(place) ?? new Set();
      seen.set(place, offsets);
      if (offsets.has(origin.offset) && wrong.size < DUPLICATES_MAX) wrong.add(`${place}/${origin.offset}`);
      offsets.add(origin.offset);
    });
  }
  for (const { examples } of [verdict.lost, verdict.duplicated, verdict.both, verdict.outOfOrder])
    for (const example of examples) wrong.add(example);
  return wrong;
}

/** Every record of these requests, aborted ones too. */
async function recordsOf(wrong: ReadonlySet<string>, { cluster, topics, origins }: EvidenceOptions) {
  const found = new Map<string, Place[]>([...wrong].map((request) => [request, []]));
  for (const [kind, topic] of kindsOf(topics)) {
    await readToEnd(cluster.direct, topic, 'read_uncommitted', (record) => {
      const origin = origins[kind](record);
      const places = origin && found.get(`${origin.topic}/${origin.partition}/${origin.offset}`);
      places?.push({ topic, partition: record.partition, offset: record.offset });
    });
  }
  return found;
}

function kindsOf({ results, alerts, deadLetters }: Topics): (readonly [keyof Origins, string])[] {
  return [
    ['result', results] as const,
    ...(alerts === undefined ? [] : [['result', ALERTS] as const]),
    ...(deadLetters === undefined ? [] : [['deadLetter', deadLetters] as const]),
  ];
}

/** The batch with the record in each broker's files, and what ended its transaction there. */
function storyOf(
  { topic, partition, offset }: Place,
  logDirs: readonly string[],
  batches: BatchReader,
): readonly Story[] {
  return logDirs.flatMap((logDir, i): Story[] => {
    if (!partitionsOf(logDir, topic).includes(partition)) return [];
    let batch: Batch | undefined;
    for (const each of batches(logDir, topic, partition)) {
      if (each.marker === undefined && each.baseOffset <= offset) {
        if (offset <= each.baseOffset + each.lastOffsetDelta) batch = each;
      } else if (batch !== undefined && each.marker && each.producerId === batch.producerId)
        return [{ broker: i + 1, topic, partition, offset, batch, end: each }];
    }
    return batch ? [{ broker: i + 1, topic, partition, offset, batch, end: undefined }] : [];
  });
}

type BatchReader = (logDir: string, topic: string, partition: number) => readonly Batch[];

/** Reads each partition once. */
function readOnce(): BatchReader {
  const known = new Map<string, readonly Batch[]>();
  return (logDir, topic, partition) => {
    const key = `${logDir}/${topic}/${partition}`;
    const batches = known.get(key) ?? [...batchesIn(logDir, topic, partition)];
    known.set(key, batches);
    return batches;
  };
}

function batchLines(
  logDir: string,
  topic: string,
  partition: number,
  producers: ReadonlySet<string>,
): string[] {
  const lines: string[] = [];
  for (const batch of batchesIn(logDir, topic, partition)) {
    if (!producers.has(String(batch.producerId))) continue;
    const { baseOffset, lastOffsetDelta, timestamp, producerId, producerEpoch, baseSequence } = batch;
    const place = `${topic}-${partition} ${baseOffset}–${baseOffset + lastOffsetDelta}`;
    const what = batch.marker ?? (batch.isTransactional ? 'records' : 'records without a transaction');
    const producer = `producer ${producerId} epoch ${producerEpoch} sequence ${baseSequence}`;
    lines.push(
      `${new Date(timestamp).toISOString()} ${place} ${producer} leader epoch ${batch.leaderEpoch}: ${what}`,
    );
  }
  return lines;
}

function keepLogs(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of ['broker.log', 'broker-earlier.log', 'server.properties'])
    if (existsSync(join(from, name))) cpSync(join(from, name), join(to, name));
}

function copyPartitions({ folder, cluster, topics }: EvidenceOptions): void {
  let left = COPIED_BYTES_MAX;
  const wanted = [...internal, ...outputsOf(topics)].flatMap((topic) =>
    cluster.logDirs.flatMap((logDir, i) =>
      partitionsOf(logDir, topic).map((partition) => ({
        logDir,
        name: `${topic}-${partition}`,
        node: i + 1,
      })),
    ),
  );
  for (const { logDir, name, node } of wanted) {
    const from = join(logDir, name);
    const files = readdirSync(from).filter((file) => /\.log$|checkpoint|\.snapshot$/.test(file));
    const bytes = files.reduce((sum, file) => sum + statSync(join(from, file)).size, 0);
    if (bytes === 0 || bytes > left) continue;
    left -= bytes;
    const to = join(folder, `broker-${node}`, name);
    mkdirSync(to, { recursive: true });
    for (const file of files) cpSync(join(from, file), join(to, file));
  }
}

function writeJson(path: string, value: unknown): void {
  const text = JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : each), 2);
  writeFileSync(path, `${text}\n`);
}
