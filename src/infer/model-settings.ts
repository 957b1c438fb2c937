import type { Activation, Side } from '../types.ts';

/** What the caller wants of a model; everything has a default that follows the directory. */
export interface ModelSettings {
  /** Most tokens of a row; the model's own limit wins. Default: that limit, but at most `lengthDefaultMax`. */
  readonly maxLength?: number | undefined;
  readonly lengthDefaultMax?: number | undefined;
  /** Which .onnx. */
  readonly file?: string | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly activation?: Activation | 'auto' | undefined;
  readonly threshold?: number | undefined;
  readonly minScore?: number | undefined;
  readonly uncertainLabel?: string | undefined;
  /** Where longer texts are cut; default: as the directory says. */
  readonly truncationSide?: Side | undefined;
  /** Longer texts are read in windows that share this many tokens; default: they are truncated. */
  readonly windowOverlap?: number | undefined;
}
