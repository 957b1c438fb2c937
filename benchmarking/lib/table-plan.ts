/** What was found so far. */
export interface TableContext {
  /** Of the broker that all steps share. */
  readonly bootstrapServers: string;
  /** Short runs, to try the table out: the figures are worth little. */
  readonly quick: boolean;
  /** A model directory as it was before its graph was rewritten; undefined: not compared. */
  readonly before: string | undefined;
  /** A figure of a step's reports by its path, such as `details.padding_ratio`: the median of those there are. */
  readonly value: (step: string, path: string) => number | undefined;
}

interface Step {
  readonly name: string;
  /** How often it is run (1). */
  readonly times?: number;
  /** Script and arguments; undefined when nothing more can be learned from it. */
  readonly args: (context: TableContext) => string[] | undefined;
}

const BENCH = 'bin/kubesentiment.cjs';
const LIGHT_TPS = 10;
const PROMISED_TPS = 5_000;
const MODERATE_TPS = 2_900;
/** One round on a shared machine says little. */
const ROUNDS = 3;
export const COMFORTABLE_SHARE = 0.7;
/** Shares of the saturated rate that are tried as fixed rates, and what keeping up with one means. */
const fixedShares = [1, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5] as const;
const KEEPS_UP_P99_MS = 1_000;
const FALLBACK_TPS = 1_000;
/** Those that the table has a row for. */
const tablePeers = [
  '--only',
  'python,kafkajs,platformatic,kafka-streams,kafka-streams-20ms,single,single-commit',
];

const bench = ({ quick, bootstrapServers }: TableContext, seconds: number, ...more: string[]): string[] => {
  const duration = String(quick ? Math.min(6, seconds) : seconds);
  return [BENCH, 'bench', '--broker', bootstrapServers, '--duration', duration, ...more];
};
const atRate = (context: TableContext, tps: number): string[] => {
  return bench(context, 20, '--target-tps', String(Math.max(1, Math.round(tps))), '--warm-up', '8');
};
const fixed = (share: number): string => `fixed-${Math.round(100 * share)}`;
const saturatedTps = ({ value }: TableContext): number => value('saturate', 'achieved_tps') ?? FALLBACK_TPS;
/** The highest share of the saturated rate that everything on this machine together keeps up with as a fixed rate. */
export const fixedMaximum = (context: TableContext): number | undefined =>
  fixedShares.find(
    (share) =>
      (context.value(fixed(share), 'p99_end_to_end_ms') ?? Number.POSITIVE_INFINITY) <= KEEPS_UP_P99_MS,
  );
const sweep = ({ quick, bootstrapServers }: TableContext, ...more: string[]): string[] => {
  return [BENCH, 'bench', 'sweep', '--broker', bootstrapServers, '--duration', quick ? '4' : '10', ...more];
};
const program = (name: string, { quick }: TableContext, usual: string[], short: string[]): string[] => {
  return [`dist/benchmarking/${name}.js`, ...(quick ? short : usual)];
};

/** In this order: what is measured first decides the rate of what follows. */
export const steps: readonly Step[] = [
  {
    name: 'efficiency',
    args: (context) => [
      ...program(
        'efficiency',
        context,
        ['--messages', '300000', '--rounds', '3'],
        ['--messages', '6000', '--rounds', '1'],
      ),
      ...(context.before === undefined ? [] : ['--before', context.before]),
    ],
  },
  {
    name: 'saturate',
    times: ROUNDS,
    args: (context) => bench(context, 30, '--saturate', '--warm-up', '8'),
  },
  { name: 'promised', times: ROUNDS, args: (context) => atRate(context, PROMISED_TPS) },
  {
    name: 'comfortable',
    times: ROUNDS,
    args: (context) => atRate(context, COMFORTABLE_SHARE * saturatedTps(context)),
  },
  { name: 'moderate', times: ROUNDS, args: (context) => atRate(context, MODERATE_TPS) },
  ...fixedShares.map((share) => ({
    name: fixed(share),
    args: (context: TableContext) =>
      fixedMaximum(context) === undefined ? atRate(context, share * saturatedTps(context)) : undefined,
  })),
  {
    name: 'light',
    args: (context) => bench(context, 20, '--target-tps', String(LIGHT_TPS), '--warm-up', '3'),
  },
  {
    name: 'overhead',
    args: (context) =>
      program(
        'overhead',
        context,
        ['--messages', '400000', '--rounds', '3'],
        ['--messages', '100000', '--rounds', '1'],
      ),
  },
  {
    name: 'partitions-1',
    times: ROUNDS,
    args: (context) => bench(context, 12, '--saturate', '--partitions', '1', '--warm-up', '4'),
  },
  {
    name: 'partitions-64',
    times: ROUNDS,
    args: (context) => bench(context, 12, '--saturate', '--partitions', '64', '--warm-up', '4'),
  },
  {
    name: 'threads',
    args: (context) =>
      sweep(context, '--partitions', '16', '--param', 'consumer_threads=1,16', '--warm-up', '4'),
  },
  {
    name: 'backlog',
    args: (context) => program('backlog', context, [], ['--messages', '300000']),
  },
  { name: 'start', args: () => ['dist/benchmarking/start.js'] },
  {
    name: 'peers',
    args: (context) =>
      program(
        'peers',
        context,
        [
          ...tablePeers,
          '--seconds',
          '6',
          '--warm-up',
          '10',
          '--rounds',
          '2',
          '--messages',
          '350000',
          '--rate',
          '1000',
        ],
        [...tablePeers, '--seconds', '3', '--rounds', '1'],
      ),
  },
];
