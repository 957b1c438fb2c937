import type { Command } from 'commander';
import { KubesentimentError } from '../errors.ts';
import { verifyDelivery } from '../verify/verify.ts';
import { type CommonOptions, type Done, print, printJson, withExamples, withSettings } from './common.ts';
import { exitCodesText } from './exit-codes.ts';
import { loadSettings } from './settings.ts';
import { verifyExitCode, verifyText } from './verify-report.ts';

interface Options extends CommonOptions {
  readonly origin?: string;
  readonly deadLetterOrigin?: string;
  /** false with `--no-dead-letters`. */
  readonly deadLetters: boolean;
  readonly json?: boolean;
}

export function registerVerifyCommand(program: Command, done: Done): void {
  const command = withSettings(program.command('verify'))
    .description(
      'compare requests with results and dead letters, and report what was lost, duplicated or out of order',
    )
    .option(
      '--origin <place>',
      'where a result names its request: a JSON Pointer into the value, or header:NAME, to an object with topic, ' +
        'partition and offset; or one place for each: partition=PLACE,offset=PLACE[,topic=PLACE]; default /source',
    )
    .option(
      '--dead-letter-origin <place>',
      'the same for dead letters; default: the kafka_dlt-original- headers',
    )
    .option('--no-dead-letters', 'there is no dead-letter topic: every request must have a result')
    .option('--json', 'print JSON')
    .action(async (options: Options) => done(await runVerify(options)));
  withExamples(
    command,
    'kubesentiment verify --config configs/kafka.yaml',
    'kubesentiment verify --config configs/kafka.yaml --no-dead-letters --origin /meta/source',
    'kubesentiment verify --config configs/kafka.yaml --no-dead-letters --origin partition=/from,offset=header:offset',
  ).addHelpText('after', exitCodesText('verify'));
}

/** Exit code 1 if the promise of `kafka.delivery` was broken, 3 if nobody can tell. */
async function runVerify(options: Options): Promise<number> {
  const { origin, deadLetterOrigin, deadLetters } = options;
  if (!deadLetters && deadLetterOrigin !== undefined) {
    throw new KubesentimentError('KS_USAGE', '--dead-letter-origin makes no sense without dead letters.', {
      remedy: 'Drop --dead-letter-origin or --no-dead-letters.',
    });
  }
  const { config } = loadSettings(options, process.env);
  const report = await verifyDelivery(config, { origin, deadLetterOrigin, deadLetters });
  if (options.json) printJson(report);
  else print(verifyText(report));
  return verifyExitCode(report);
}
