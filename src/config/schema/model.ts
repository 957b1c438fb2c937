import { cpuQuota } from '../cpu-quota.ts';
import {
  bytes,
  choice,
  flag,
  list,
  nullableText,
  optionalChoice,
  optionalList,
  optionalText,
  optionalWhole,
  ratio,
  text,
  whole,
  whileRunning,
} from './field.ts';
import { canaryModel, secondModel } from './second-model.ts';

export const model = {
  path: whileRunning(
    nullableText('Model directory in Hugging Face layout: config.json, tokenizer.json and an ONNX file.', {
      default: 'models/default',
      allowed: 'a directory',
    }),
    'model',
  ),
  watch: flag(
    'Takes up the directory when its files change while the service runs, as SIGHUP and POST /api/v1/model/reload do.',
    false,
  ),
  file: whileRunning(
    optionalText('Which ONNX file, if the directory has several.', {
      allowed: 'a path inside the model directory',
      example: 'onnx/model_quantized.onnx',
      defaultText: 'model.onnx, or the only one',
    }),
    'model',
  ),
  labels: whileRunning(
    optionalList('Names of the outputs, in their order.', {
      allowed: 'one name for each output',
      defaultText: 'those of config.json',
      example: '[NEGATIVE, POSITIVE]',
    }),
    'model',
  ),
  activation: whileRunning(
    choice(
      'Makes scores of the numbers that the model gives. auto: as problem_type in config.json and the number of ' +
        'labels say. none: they are the scores.',
      ['auto', 'softmax', 'sigmoid', 'none'],
      'auto',
    ),
    'model',
  ),
  threshold: whileRunning(
    ratio('If a text can have several labels (sigmoid): results list those with a higher score.', 0.5),
    'model',
  ),
  min_score: whileRunning(
    ratio('A text whose best score is lower gets uncertain_label. 0: no text does.', 0),
    'model',
  ),
  uncertain_label: whileRunning(
    text('The label of texts whose best score is below min_score.', { default: 'UNCERTAIN' }),
    'model',
  ),
  max_length: whileRunning(
    optionalWhole(
      "Maximum number of tokens per text, at most the model's own limit; long_text says what becomes of longer ones. " +
        'A text of twice the length takes at least twice the time.',
      {
        min: 4,
        max: 8192,
        unit: 'tokens',
        defaultText: "the model's own limit, at most 512",
        example: '128',
      },
    ),
    'model',
  ),
  truncate_side: whileRunning(
    optionalChoice('Where a longer text loses tokens.', ['right', 'left'], {
      defaultText: "the model's own, else right",
    }),
    'model',
  ),
  long_text: whileRunning(
    choice(
      'What becomes of a text with more than max_length tokens. truncate: it is cut. windows: it is read in up to 32 ' +
        'overlapping parts of that length, and gets the mean of their results; what is longer still is cut.',
      ['truncate', 'windows'],
      'truncate',
    ),
    'model',
  ),
  window_overlap: whileRunning(
    whole('How many tokens a window has in common with the one before it.', {
      default: 32,
      min: 0,
      max: 8191,
      unit: 'tokens',
    }),
    'model',
  ),
  cascade: whileRunning(
    secondModel(
      'Texts whose score is under "below" are passed on to a better model with the same labels. "kubesentiment model ' +
        'cascade" measures what that gains and proposes a threshold. Each result says which model answered.',
      'below',
      {
        allowed: '{path, below}; path: a directory; below: 0 to 1',
        example: '{path: models/accurate, below: 0.93}',
      },
    ),
    'model',
  ),
  shadow: whileRunning(
    secondModel(
      'A share of the texts is also given to another model with the same labels, in processor time that is left. No ' +
        'result changes; metrics and GET /api/v1/model/shadow say how far the two agree.',
      'share',
      {
        allowed: '{path, share}; path: a directory; share: 0 to 1',
        example: '{path: models/accurate, share: 0.05}',
      },
    ),
    'model',
  ),
  canary: whileRunning(
    canaryModel(
      'A share of the keys is answered by another model with the same labels. It goes back to the model in path by ' +
        'itself when more than max_disagreement of its texts get another label, it fails on more than max_errors of ' +
        'them, takes more than max_slowdown times as long, or hangs. Not together with cascade or shadow.',
    ),
    'model',
  ),
  execution_providers: list(
    'Execution providers of ONNX Runtime in order of preference; ["cuda", "cpu"] with a GPU.',
    {
      default: ['cpu'],
      allowed: 'cpu, cuda',
      choices: ['cpu', 'cuda'],
    },
  ),
  min_threads: whole('Minimum number of inference threads.', { default: 1, min: 1, max: 1024 }),
  max_threads: whole('Maximum number of inference threads.', {
    default: cpuQuota,
    min: 1,
    max: 1024,
    defaultText: 'the CPU quota of the process',
    example: '8',
  }),
  tokens_per_batch: whole('Maximum number of tokens per batch, including padding.', {
    default: 512,
    min: 4,
    max: 1_048_576,
    unit: 'tokens',
  }),
  tokens_per_batch_cuda: whole('The same for a model on a GPU, which needs larger batches.', {
    default: 16_384,
    min: 4,
    max: 1_048_576,
    unit: 'tokens',
  }),
  cache_bytes: bytes(
    'Memory for what the model said of earlier texts: a text that comes again is answered without the model. 0: ' +
      'every text goes to the model. Not for models that are quantized dynamically.',
    { default: 0, min: 0, max: 2 ** 40 },
  ),
  return_all_scores: flag('Adds the scores of all labels to each result.', false),
};
