import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, relative } from 'node:path';
import { type MachineInfo, machineInfo } from '../../src/bench/results.ts';
import { describeError, KubesentimentError } from '../../src/errors.ts';
import { librdkafkaVersion } from '../../src/kafka/version.ts';
import { brokerAvailability } from '../../test/helpers/kafka-broker.ts';
import { testedKafka } from '../../test/helpers/kafka-jars.ts';
import { root } from '../../test/helpers/paths.ts';

const require = createRequire(import.meta.url);

/** Where, when and how a figure was measured: a figure without it says little. */
interface Circumstances {
  readonly date: string;
  readonly command: string;
  readonly machine: MachineInfo;
  readonly versions: Readonly<Record<string, string>>;
}

export function circumstances(name: string, argv: readonly string[]): Circumstances {
  const libraries = {
    node_rdkafka: versionOf('node-rdkafka'),
    librdkafka: librdkafkaVersion(),
    onnxruntime: versionOf('onnxruntime-node'),
  };
  const packageFile = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  // Reports are kept: a path of this machine has no place in them.
  const args = argv.map((arg) => (arg.startsWith(root) ? relative(root, arg) : arg));
  return {
    date: new Date().toISOString(),
    command: ['npm run', name, '--', ...args].join(' '),
    machine: machineInfo(libraries),
    versions: { kubesentiment: packageFile.version as string, kafka: testedKafka },
  };
}

/** Prints the figures, one a line; writes everything as JSON if a file is named. */
export function report(
  name: string,
  argv: readonly string[],
  file: string | undefined,
  figures: Readonly<Record<string, number | string>>,
  details: Readonly<Record<string, unknown>>,
): void {
  for (const [key, value] of Object.entries(figures)) process.stdout.write(`${key} ${value}\n`);
  if (file === undefined) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    file,
    `${JSON.stringify({ ...figures, ...circumstances(name, argv), ...details }, undefined, 2)}\n`,
  );
}

/** Progress goes to standard error: standard output holds the figures only. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Runs a benchmark that needs a real broker. */
export function runBenchmark(main: (argv: readonly string[]) => Promise<void>): Promise<void> {
  return runTool(async (argv) => {
    const { available, reason } = brokerAvailability();
    if (!available) throw new KubesentimentError('KS_STATE', `A real broker cannot be started: ${reason}.`);
    await main(argv);
    return true;
  });
}

/** `main` tells whether all is well. Exit code 0: it is, 1: it is not, 2: wrong usage. */
export async function runTool(main: (argv: readonly string[]) => Promise<boolean>): Promise<void> {
  // So that whatever was started is ended: those who start something listen to `exit`.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  try {
    if (!(await main(process.argv.slice(2)))) process.exitCode = 1;
  } catch (error) {
    const known = error instanceof KubesentimentError;
    process.stderr.write(`${describeError(error)}\n`);
    if (!known && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    process.exitCode = known ? error.exitCode : 1;
  }
}

function versionOf(name: string): string {
  return (require(`${name}/package.json`) as { version: string }).version;
}
