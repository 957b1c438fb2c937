/** The public interface of the package. */
export { MessageBatch } from './classify/message-batch.ts';
export type { ConsumerClient, ProducerClient } from './clients.ts';
export type { Settings } from './config/object.ts';
export type { Config } from './config/schema.ts';
export type { Failure } from './dead-letter.ts';
export { DeadLetterQueue, type DeadLetterQueueOptions } from './publish/dead-letter-queue.ts';
export { decryptRequest, decryptText, encryptRequest, encryptText } from './crypto/encryption.ts';
export { Keyring } from './crypto/keyring.ts';
export { type ErrorCode, errorCodes, KubesentimentError } from './errors.ts';
export type {
  BackendBatch,
  BackendModule,
  LoadBackend,
  ModelBackend,
  ModelToLoad,
} from './infer/backend.ts';
export { EmbeddedBroker } from './kafka/embedded.ts';
export type { KafkaMetrics } from './metrics/kafka-metrics.ts';
export type { ProcessedMessage } from './session/commit-report.ts';
export {
  HighThroughputKafkaConsumer,
  type HighThroughputKafkaConsumerOptions,
  type StartOptions,
} from './service/high-throughput-kafka-consumer.ts';
export type { ResultStream, ResultsOptions } from './service/result-readers.ts';
export { StreamProcessor, type StreamProcessorOptions } from './predict/stream-processor.ts';
export type {
  ErrorType,
  MessageHeader,
  ModelInfo,
  OutgoingRecord,
  Prediction,
  RunState,
  SourceMessage,
} from './types.ts';
