import { parseArgs } from 'node:util';
import { KubesentimentError } from '../../src/errors.ts';

/** What the benchmarks of this folder are told on the command line. */
export interface BenchmarkOptions {
  /** Where the report goes as JSON; nothing is written without it. */
  readonly json: string | undefined;
  /** Model directory; undefined: the default of the configuration. */
  readonly model: string | undefined;
  /** Folder of another build, which takes turns with this one in the same run. */
  readonly baseline: string | undefined;
  /** Model directory as it was before: bare ONNX Runtime runs it too, with its own default options. */
  readonly before: string | undefined;
  readonly messages: number;
  readonly rounds: number;
  readonly partitions: number;
  /** Settings for the consumer, `section.key=value`. */
  readonly set: readonly string[];
}

/** Throws KS_USAGE for what it does not know. */
export function readOptions(
  argv: readonly string[],
  defaults: { readonly messages: number },
): BenchmarkOptions {
  const { values } = parse(argv);
  return {
    json: values.json,
    model: values.model,
    baseline: values.baseline,
    before: values.before,
    messages: positive('messages', values.messages) ?? defaults.messages,
    rounds: positive('rounds', values.rounds) ?? 3,
    partitions: positive('partitions', values.partitions) ?? 4,
    set: values.set ?? [],
  };
}

function parse(argv: readonly string[]) {
  try {
    const text = { type: 'string' } as const;
    const options = {
      json: text,
      model: text,
      baseline: text,
      before: text,
      messages: text,
      rounds: text,
      partitions: text,
    } as const;
    return parseArgs({ args: [...argv], options: { ...options, set: { ...text, multiple: true } } });
  } catch (cause) {
    throw new KubesentimentError('KS_USAGE', `${(cause as Error).message}.`, {
      remedy:
        'Options: --json FILE, --model DIR, --baseline DIR, --before DIR, --messages N, --rounds N, --partitions N, ' +
        '--set section.key=value.',
      cause,
    });
  }
}

function positive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d*$/.test(text))
    throw new KubesentimentError('KS_USAGE', `--${name} must be a whole number above 0.`);
  return Number(text);
}
