import { KubesentimentError } from '../errors.ts';
import type { Activation, ModelHead } from '../types.ts';
import type { ModelSettings } from './model-settings.ts';

/** As the Hugging Face library chooses, if `activation` is auto. `problemType`: of config.json. */
export function readHead(
  settings: ModelSettings,
  problemType: unknown,
  labels: number,
): { head: ModelHead; notes: string[] } {
  const {
    activation: wanted = 'auto',
    threshold = 0.5,
    minScore = 0,
    uncertainLabel = 'UNCERTAIN',
  } = settings;
  const activation = wanted === 'auto' ? usualActivation(problemType, labels) : wanted;
  if (activation === 'none' && minScore > 0) {
    throw new KubesentimentError(
      'KS_CONFIG_INVALID',
      `model.min_score is ${minScore}, but this model's scores are plain values, not probabilities.`,
      { remedy: 'Leave model.min_score out, or set model.activation to softmax or sigmoid.' },
    );
  }
  const isMultiLabel = activation === 'sigmoid' && labels > 1;
  const head = { activation, isMultiLabel, threshold, minScore, uncertainLabel };
  return { head, notes: notesOn(problemType, wanted, head) };
}

function usualActivation(problemType: unknown, labels: number): Activation {
  if (problemType === 'regression') return 'none';
  return problemType === 'multi_label_classification' || labels === 1 ? 'sigmoid' : 'softmax';
}

function notesOn(problemType: unknown, wanted: Activation | 'auto', head: ModelHead): string[] {
  const known = ['regression', 'multi_label_classification', 'single_label_classification'];
  if (wanted !== 'auto') return [];
  if (problemType != null && !known.includes(String(problemType))) {
    return ['config.json has a problem_type that is not known, so the number of labels decides.'];
  }
  if (head.activation === 'none') return ['It is a regression: scores are plain values, not probabilities.'];
  if (head.isMultiLabel)
    return [`A text can have several labels: those with a score above ${head.threshold}.`];
  return [];
}
