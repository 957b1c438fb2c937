import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type Command, Option } from 'commander';
import { type LineFormat, lineFormats, produceLines } from '../cluster/produce.ts';
import type { Config } from '../config/schema.ts';
import { KubesentimentError } from '../errors.ts';
import { namesOnly } from '../topic-patterns.ts';
import {
  type CommonOptions,
  type Done,
  print,
  printJson,
  wholeNumber,
  withExamples,
  withSettings,
} from './common.ts';
import { onStopSignal } from './consume.ts';
import { loadSettings } from './settings.ts';

interface Options extends CommonOptions {
  readonly topic?: string;
  readonly format: LineFormat;
  readonly key?: string;
  readonly rate?: number;
  readonly json?: boolean;
}

export function registerProduceCommand(program: Command, done: Done): void {
  const command = withSettings(program.command('produce'))
    .description('send each line of a file to the request topic')
    .argument('<file>', 'file with JSON lines or plain text; - for standard input')
    .option('-t, --topic <topic>', 'topic to send to (default: the first request topic)')
    .addOption(
      new Option('-f, --format <format>', 'format of the lines; auto looks at the first one')
        .choices(lineFormats)
        .default('auto'),
    )
    .option('-k, --key <field>', 'JSON field to use as the key of the record')
    .option('--rate <n>', 'send at most this many records per second', wholeNumber)
    .option('--json', 'print JSON')
    .action(async (file: string, options: Options) => done(await runProduce(file, options)));
  withExamples(
    command,
    'kubesentiment produce requests.jsonl --key id',
    'echo "What a lovely day" | kubesentiment produce -',
  );
}

async function runProduce(file: string, options: Options): Promise<number> {
  const { config } = loadSettings(options, process.env);
  const stop = new AbortController();
  const report = await produceLines(config, readLines(file, stop.signal), {
    topic: options.topic ?? firstTopic(config),
    format: options.format,
    ...(options.key !== undefined && { keyField: options.key }),
    ...(options.rate !== undefined && { rate: options.rate }),
    stop: stop.signal,
    // Until then nothing has been sent, and Ctrl-C may end the process where it stands.
    onConnected: () => onStopSignal(() => stop.abort()),
  });
  if (options.json) printJson(report);
  else print(`Sent ${report.sent} to ${report.topic} in ${report.seconds.toFixed(1)} s.`);
  return stop.signal.aborted ? 1 : 0;
}

function firstTopic({ kafka }: Config): string {
  const [topic] = namesOnly(kafka.topic);
  if (topic !== undefined) return topic;
  throw new KubesentimentError(
    'KS_USAGE',
    'kafka.topic has only patterns, which match any number of topics.',
    {
      remedy: 'Name the topic to send to: --topic NAME.',
    },
  );
}

/** Ends with the file or at a signal, whichever comes first: input from a terminal may never end by itself. */
async function* readLines(file: string, stop: AbortSignal): AsyncGenerator<string> {
  const input = file === '-' ? process.stdin : createReadStream(file);
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  stop.addEventListener('abort', () => lines.close());
  try {
    for await (const line of lines) {
      if (stop.aborted) return; // what has been read ahead could take minutes at a low rate
      yield line;
    }
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    throw new KubesentimentError('KS_USAGE', `Cannot read ${file} (${reason}).`, { cause: error });
  } finally {
    input.destroy();
  }
}
