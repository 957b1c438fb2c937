// The types for `require('kubesentiment/predict')`. A test compares the names with those of the module.
import type * as predict from '../dist/src/predict/index.js' with { 'resolution-mode': 'import' };

export type {
  ErrorCode,
  ExplainedWord,
  Explanation,
  ModelInfo,
  Prediction,
  StreamProcessorOptions,
} from '../dist/src/predict/index.js' with { 'resolution-mode': 'import' };

export declare const errorCodes: typeof predict.errorCodes;
export declare const KubesentimentError: typeof predict.KubesentimentError;
export type KubesentimentError = predict.KubesentimentError;
export declare const StreamProcessor: typeof predict.StreamProcessor;
export type StreamProcessor = predict.StreamProcessor;
