import { Command, CommanderError } from 'commander';
import { endProcess } from '../decode/binding.ts';
import { describeError, KubesentimentError } from '../errors.ts';
import { packageVersion } from '../service/versions.ts';
import { registerBenchCommand } from './bench.ts';
import { printableLines, wholeNumber, withCommonOptions, withExamples } from './common.ts';
import { registerCompletionCommand } from './completion.ts';
import { registerConfigCommand } from './config.ts';
import { runConsume } from './consume.ts';
import { registerEncryptionCommands } from './encryption.ts';
import { registerKeysCommand } from './keys.ts';
import { exitCodesText } from './exit-codes.ts';
import { runDemo } from './demo.ts';
import { registerDlqCommand } from './dlq.ts';
import { registerDoctorCommand } from './doctor.ts';
import { registerLagCommand } from './lag.ts';
import { registerModelCommand } from './model.ts';
import { registerOffsetsCommand } from './offsets.ts';
import { registerPauseCommands } from './pause.ts';
import { runPredict } from './predict.ts';
import { registerProduceCommand } from './produce.ts';
import { registerRightsCommand } from './rights.ts';
import { registerTopicsCommand } from './topics.ts';
import { registerTransactionsCommand } from './transactions.ts';
import { registerTryCommand } from './try.ts';
import { registerVerifyCommand } from './verify.ts';

export { endProcess };

/** Runs one command and returns the exit code: 0 done, 1 failed, 2 wrong usage or configuration. */
export async function main(argv: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = createProgram((code) => {
    exitCode = code;
  });
  // The reader has seen enough, as in "dlq list | head".
  // Threads may be inferring, and process.exit tears their addons down under them.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => endProcess(error.code === 'EPIPE' ? 0 : 1));
  process.stderr.on('error', () => undefined); // nobody can be told, for example on a full disk
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    return exitCodeOf(error);
  }
}

/** All commands. `done` is called with the exit code of the one that ran. */
export function createProgram(done: (exitCode: number) => void): Command {
  const program = new Command('kubesentiment')
    .description(
      'Reads texts from Kafka, classifies their sentiment and writes the results back, each exactly once.',
    )
    .version(packageVersion())
    .showSuggestionAfterError()
    .enablePositionalOptions() // options after "bench sweep" belong to the sweep
    // Its errors quote what was typed, or what a script put there.
    .configureOutput({ writeErr: (text) => void process.stderr.write(printableLines(text)) })
    .exitOverride();

  const consume = withCommonOptions(program.command('consume'))
    .description(
      'run the service: consumer, HTTP and metrics; drains on SIGTERM or SIGINT. SIGHUP lets it take up a changed ' +
        'configuration and model directory, or drains it where it was started from a terminal',
    )
    .action(async (options) => done(await runConsume(options, process.env)));
  withExamples(consume, 'kubesentiment consume --config configs/kafka.yaml').addHelpText(
    'after',
    exitCodesText('consume'),
  );

  const demo = withCommonOptions(program.command('demo'))
    .description('send realistic requests through an embedded broker and show the results')
    .option('--messages <n>', 'number of requests to send', wholeNumber, 50_000)
    .option('--duration <seconds>', 'send for this long instead', wholeNumber)
    .option('--json <file>', 'write the results block as JSON')
    .option('--keep-running', 'keep running afterwards, until Ctrl-C')
    .action(async (options) => done(await runDemo(options, process.env)));
  withExamples(
    demo,
    'kubesentiment demo --messages 10000 --keep-running',
    'kubesentiment demo --config configs/examples/avro-orders.yaml',
  );

  registerBenchCommand(program, done);

  registerPredictCommand(program, done);
  registerProduceCommand(program, done);
  registerDlqCommand(program, done);
  registerLagCommand(program, done);
  registerOffsetsCommand(program, done);
  registerPauseCommands(program, done);
  registerConfigCommand(program, done);
  registerDoctorCommand(program, done);
  registerModelCommand(program, done);
  registerEncryptionCommands(program);
  registerKeysCommand(program);
  registerTopicsCommand(program, done);
  registerTransactionsCommand(program, done);
  registerRightsCommand(program, done);
  registerTryCommand(program, done);
  registerVerifyCommand(program, done);
  registerCompletionCommand(program);
  withExamples(
    program,
    'kubesentiment demo',
    'kubesentiment doctor',
    'kubesentiment dlq stats --help',
  ).addHelpText('after', exitCodesText());
  return program;
}

function registerPredictCommand(program: Command, done: (exitCode: number) => void): void {
  const predict = withCommonOptions(program.command('predict'))
    .description('classify each text, or each line of standard input')
    .argument('[text...]', 'default: lines of standard input')
    .option('--json', 'print JSON')
    .option('--json-lines', 'each line of standard input is a JSON string')
    .option('--explain', 'say what each word contributes to the label; takes up to 130 times as long')
    .action(async (texts, options) => done(await runPredict(texts, options, process.env)));
  withExamples(
    predict,
    'kubesentiment predict "What a lovely day"',
    'kubesentiment predict --json < texts.txt',
    'kubesentiment predict --explain "Slow at first, but a lovely film"',
  );
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // commander has printed it
  process.stderr.write(printableLines(`kubesentiment: ${describeError(error)}\n`));
  if (error instanceof KubesentimentError) return error.exitCode;
  if (error instanceof Error && error.stack !== undefined) process.stderr.write(`${error.stack}\n`);
  return 1;
}
