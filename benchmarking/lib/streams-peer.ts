import { join } from 'node:path';
import { compiledJava } from '../../test/helpers/java-program.ts';
import { java, KAFKA_VERSION, SLF4J_VERSION } from '../../test/helpers/kafka-jars.ts';
import { root } from '../../test/helpers/paths.ts';
import type { Peer, PeerPlace } from './peer.ts';

/** The newest on Maven Central; the one for Node may be a little newer. */
const ONNX_RUNTIME_VERSION = '1.29.0';
const TOKENIZERS_VERSION = '0.38.0';

const folder = `.cache/peers/kafka-streams-${KAFKA_VERSION}-${ONNX_RUNTIME_VERSION}-${TOKENIZERS_VERSION}`;

/** With the commit interval that Streams has by default, and with one that makes results visible sooner. */
export const streamsPeers: readonly Peer[] = [
  streamsPeer('kafka-streams', 100),
  streamsPeer('kafka-streams-20ms', 20),
];

/** `settings`: further properties of Streams, as NAME=VALUE. */
export function streamsPeer(name: string, commitIntervalMs: number, settings: readonly string[] = []): Peer {
  return {
    name,
    what:
      `Kafka Streams ${KAFKA_VERSION}, exactly_once_v2, commit interval ${commitIntervalMs} ms; ` +
      `DJL's Hugging Face tokenizers ${TOKENIZERS_VERSION}, ONNX Runtime ${ONNX_RUNTIME_VERSION}; batched`,
    exactlyOnce: true,
    command: (place) => streamsCommand(place, commitIntervalMs, settings),
  };
}

function streamsCommand(
  { bootstrapServers, topic, resultsTopic, group, modelDirectory }: PeerPlace,
  commitIntervalMs: number,
  settings: readonly string[],
): [string, ...string[]] {
  classPath ??= compiledJava({
    name: 'Kafka Streams, ONNX Runtime and tokenizers for Java',
    size: '165 MB',
    sources: 'benchmarking/peers/kafka-streams',
    folder,
    artifacts: [
      ['org.apache.kafka', 'kafka-streams', KAFKA_VERSION],
      ['com.microsoft.onnxruntime', 'onnxruntime', ONNX_RUNTIME_VERSION],
      ['ai.djl.huggingface', 'tokenizers', TOKENIZERS_VERSION],
      ['org.slf4j', 'slf4j-simple', SLF4J_VERSION],
    ],
  });
  return [
    // Each thread of Streams tokenizes for itself; the library would start a thread pool of its own.
    ...(['env', 'TOKENIZERS_PARALLELISM=false', java] as const),
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
    // The native library is unpacked there; nothing is fetched, and nothing reported to its authors.
    ...[`-DDJL_CACHE_DIR=${join(root, folder)}-native`, '-Dai.djl.offline=true', '-DOPT_OUT_TRACKING=true'],
    ...['-cp', classPath, 'KafkaStreamsPeer'],
    ...[bootstrapServers, topic, resultsTopic, group, modelDirectory, String(commitIntervalMs)],
    ...settings,
  ];
}
let classPath: string | undefined;
