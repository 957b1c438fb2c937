import type { AgreementReport } from '../http/service-view.ts';
import type { AnswerComparison } from '../metrics/answer-comparison.ts';

/** What reports on a shadow and on a canary have in common. */
export function agreementOf(comparison: AnswerComparison): AgreementReport {
  const { compared, agreed, differed, skipped, agreement, meanDistance } = comparison;
  return {
    ...{ compared, agreed, differed, skipped },
    agreement: agreement ?? null,
    mean_distance: meanDistance ?? null,
  };
}
