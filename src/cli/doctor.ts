import type { Command } from 'commander';
import { examine } from '../diagnose/doctor.ts';
import type { Finding } from '../diagnose/doctor-finding.ts';
import { threadPoolSize } from '../kafka/thread-pool.ts';
import {
  type CommonOptions,
  type Done,
  paint,
  print,
  printJson,
  wholeNumber,
  withCommonOptions,
  withExamples,
} from './common.ts';
import { watchService } from './doctor-watch.ts';
import { loadSettings } from './settings.ts';

interface Options extends CommonOptions {
  readonly json?: boolean;
  readonly production?: boolean;
  readonly watch?: boolean;
  readonly url?: string;
  readonly interval: number;
}

export function registerDoctorCommand(program: Command, done: Done): void {
  const command = withCommonOptions(program.command('doctor'))
    .description('check everything the service needs and suggest fixes; exits with 1 if a check fails')
    .option('--production', 'run the production checklist too: durability, retention, security, limits')
    .option(
      '-w, --watch',
      'ask a running service what limits it, in one sentence with a remedy, until Ctrl-C',
    )
    .option('--url <url>', 'address of the service (default: http.host and http.port of the configuration)')
    .option('--interval <seconds>', 'with --watch: time between two looks', wholeNumber, 2)
    .option('--json', 'print JSON; with --watch, one line per look')
    .action(async (options: Options) =>
      done(await (options.watch === true ? watchService(options) : runDoctor(options))),
    );
  withExamples(
    command,
    'kubesentiment doctor --config configs/kafka.yaml',
    'kubesentiment doctor --production',
    'kubesentiment doctor --watch --url http://10.0.0.7:8000',
  );
}

async function runDoctor(options: Options): Promise<number> {
  const { config, warnings } = loadSettings(options, process.env);
  const findings = await examine({
    config,
    configWarnings: warnings,
    production: options.production === true,
    threadPoolSize: threadPoolSize(),
    ...(options.json ? {} : { onFinding: show }),
  });
  const isHealthy = findings.every(({ status }) => status !== 'failed');
  if (options.json) printJson({ ok: isHealthy, checks: findings });
  else print(isHealthy ? 'All checks passed.' : 'Some checks failed.');
  return isHealthy ? 0 : 1;
}

const marks = {
  ok: ['green', 'ok     '],
  warn: ['yellow', 'warning'],
  failed: ['red', 'FAILED '],
  skipped: ['gray', 'skipped'],
} as const;

function show({ name, status, detail, remedy }: Finding): void {
  const [colour, mark] = marks[status];
  print(`${paint(colour, mark)}  ${name.padEnd(16)} ${detail}`);
  if (remedy !== undefined) print(`${' '.repeat(26)} → ${remedy}`);
}
