import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { describeError, KubesentimentError } from '../errors.ts';
import { packageVersion } from '../service/versions.ts';
import { registerConfigCommand } from './config.ts';
import { runConsume } from './consume.ts';
import { runDemo } from './demo.ts';
import { runPredict } from './predict.ts';

/** Options that every command which reads the configuration has. */
export interface CommonOptions {
  readonly config?: string;
  readonly set?: Record<string, string>;
  readonly model?: string;
}

/** Runs one command. The answer is the exit code: 0 done, 1 failed, 2 wrong usage or configuration. */
export async function main(argv: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = createProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    return exitCodeOf(error);
  }
}

function createProgram(done: (exitCode: number) => void): Command {
  const program = new Command('kubesentiment')
    .description(
      'Reads texts from Kafka, classifies their sentiment and writes the results back, each exactly once.',
    )
    .version(packageVersion())
    .showSuggestionAfterError()
    .exitOverride();

  withCommonOptions(program.command('consume'))
    .description('the service: consumer, HTTP and metrics, until SIGTERM or SIGINT, then drains')
    .action(async (options) => done(await runConsume(options, process.env)));

  withCommonOptions(program.command('demo'))
    .description('sends realistic requests through a broker inside the process and shows what comes out')
    .option('--messages <n>', 'requests to send', wholeNumber, 50_000)
    .option('--duration <seconds>', 'send for this long instead', wholeNumber)
    .option('--json <file>', 'write the results block as JSON')
    .option('--keep-running', 'stay up afterwards, until Ctrl-C')
    .action(async (options) => done(await runDemo(options, process.env)));

  withCommonOptions(program.command('predict'))
    .description('label and score of each text, or of each line of standard input')
    .argument('[text...]')
    .option('--json', 'print JSON')
    .option('--json-lines', 'each line of standard input is a JSON string')
    .action(async (texts, options) => done(await runPredict(texts, options, process.env)));

  registerConfigCommand(program);
  for (const command of [program, ...program.commands]) command.exitOverride();
  return program;
}

function withCommonOptions(command: Command): Command {
  return command
    .option('-c, --config <file>', 'configuration file (YAML)')
    .option('-m, --model <dir>', 'model directory')
    .option(
      '-s, --set <section.key=value>',
      'one setting, wins over file and environment; repeatable',
      collect,
      {},
    );
}

function collect(text: string, previous: Record<string, string>): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must be section.key=value.');
  return { ...previous, [text.slice(0, at)]: text.slice(at + 1) };
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return Number(text);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // commander has printed it
  process.stderr.write(`kubesentiment: ${describeError(error)}\n`);
  if (error instanceof KubesentimentError) return error.exitCode;
  if (error instanceof Error && error.stack !== undefined) process.stderr.write(`${error.stack}\n`);
  return 1;
}
