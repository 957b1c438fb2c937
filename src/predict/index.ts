/** `kubesentiment/predict`: texts in, labels out, without anything of Kafka. */
export { type ErrorCode, errorCodes, KubesentimentError } from '../errors.ts';
export { StreamProcessor, type StreamProcessorOptions } from './stream-processor.ts';
export type { ExplainedWord, Explanation, ModelInfo, Prediction } from '../types.ts';
