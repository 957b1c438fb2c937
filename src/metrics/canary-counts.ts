import { AnswerComparison } from './answer-comparison.ts';

/** Why a canary answers no more; `refused`: it has never begun. */
export type CanaryEnd = 'disagreement' | 'errors' | 'slowdown' | 'hang' | 'refused' | 'operator';

/** What came of letting another model answer some of the keys. */
export class CanaryCounts {
  readonly model: string;
  readonly version: string;
  /** Of the keys. */
  readonly share: number;
  /** Rows that it has classified: texts, or windows of them. */
  classified = 0;
  /** Texts on which it has failed; the model in use answers them. */
  failed = 0;
  /** For how many times as long as the model in use it works on a text; undefined before it is known. */
  slowdown: number | undefined;
  /** Texts that it has answered, and that the model in use was asked about, too. */
  readonly compared: AnswerComparison;
  /** undefined while it answers. */
  endedBy: CanaryEnd | undefined;

  constructor(model: { readonly name: string; readonly version: string }, share: number) {
    this.model = model.name;
    this.version = model.version;
    this.share = share;
    this.compared = new AnswerComparison(model);
  }
}
