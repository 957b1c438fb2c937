// The types for `require('kubesentiment')`. A test compares the names with those of the module.
import type * as library from '../dist/src/index.js' with { 'resolution-mode': 'import' };

export type {
  BackendBatch,
  BackendModule,
  Config,
  ConsumerClient,
  DeadLetterQueueOptions,
  ErrorCode,
  ErrorType,
  Failure,
  HighThroughputKafkaConsumerOptions,
  KafkaMetrics,
  LoadBackend,
  MessageHeader,
  ModelBackend,
  ModelInfo,
  ModelToLoad,
  OutgoingRecord,
  Prediction,
  ProcessedMessage,
  ProducerClient,
  ResultsOptions,
  ResultStream,
  RunState,
  Settings,
  SourceMessage,
  StartOptions,
  StreamProcessorOptions,
} from '../dist/src/index.js' with { 'resolution-mode': 'import' };

export declare const DeadLetterQueue: typeof library.DeadLetterQueue;
export type DeadLetterQueue = library.DeadLetterQueue;
export declare const decryptRequest: typeof library.decryptRequest;
export declare const decryptText: typeof library.decryptText;
export declare const EmbeddedBroker: typeof library.EmbeddedBroker;
export type EmbeddedBroker = library.EmbeddedBroker;
export declare const encryptRequest: typeof library.encryptRequest;
export declare const encryptText: typeof library.encryptText;
export declare const errorCodes: typeof library.errorCodes;
export declare const HighThroughputKafkaConsumer: typeof library.HighThroughputKafkaConsumer;
export type HighThroughputKafkaConsumer = library.HighThroughputKafkaConsumer;
export declare const Keyring: typeof library.Keyring;
export type Keyring = library.Keyring;
export declare const KubesentimentError: typeof library.KubesentimentError;
export type KubesentimentError = library.KubesentimentError;
export declare const MessageBatch: typeof library.MessageBatch;
export type MessageBatch = library.MessageBatch;
export declare const StreamProcessor: typeof library.StreamProcessor;
export type StreamProcessor = library.StreamProcessor;
