/** `npm run test:soak`: a steady load for a while, and whether anything in the process grows meanwhile. */
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { noBroker } from '../helpers/kafka-broker.ts';
import { chart } from './chart.ts';
import { quantities, runSoak } from './run.ts';
import { type Trend, trendOf } from './trend.ts';

const USAGE = `npm run test:soak -- [--minutes M] [--rate R] [--model DIR] [--json FILE] [--svg FILE]

  --minutes M  how long the load lasts (45); the first third does not count
  --rate R     requests a second (500)
  --model DIR  model directory (models/default)
  --json FILE  writes samples and trends there
  --svg FILE   draws them there`;
/** Each is a mean over this much time at least, whatever the length of the run. */
const SAMPLES_KEPT = 360;

process.exitCode = await main();

async function main(): Promise<number> {
  const options = readArguments();
  if (typeof options === 'string' || noBroker) {
    console.error(typeof options === 'string' ? `${options}\n\n${USAGE}` : `No Apache Kafka: ${noBroker}.`);
    return typeof options === 'string' ? 2 : 1;
  }
  const { minutes, rate, model } = options;
  const loadBefore = loadavg()[0] as number;
  const { samples, sent, lost, doubled, exitCode } = await runSoak({
    ...options,
    print: (line) => console.log(line),
  });
  const seconds = samples.map((sample) => sample.second);
  const trends = quantities.map(({ name, unit }): { name: string; unit: string } & Trend => {
    const trend = trendOf(
      seconds,
      samples.map((sample) => sample[name]),
    );
    return { name, unit, ...trend };
  });
  const passed =
    exitCode === 0 && lost === 0 && doubled === 0 && trends.every((trend) => verdictOf(trend) !== 'GROWS');
  for (const trend of trends) console.log(`${verdictOf(trend).padEnd(6)} ${describe(trend)}`);
  console.log(`${sent} requests, ${lost} lost, ${doubled} doubled, exit code ${exitCode}`);
  if (options.svg !== undefined) {
    const panels = trends.map((trend) => ({
      title: `${trend.name}, ${trend.unit}`,
      values: samples.map((sample) => sample[trend.name as (typeof quantities)[number]['name']]),
      note: describe(trend),
    }));
    writeFileSync(options.svg, chart(minutes, panels));
  }
  if (options.json !== undefined) {
    const machine = { cpu: cpus()[0]?.model, cores: availableParallelism(), node: process.version };
    const load = { before: loadBefore, after: loadavg()[0] };
    const step = Math.ceil(samples.length / SAMPLES_KEPT);
    const kept = samples.filter((_, index) => index % step === 0);
    const figures = { date: new Date().toISOString(), minutes, rate, model, passed, sent, lost, doubled };
    writeFileSync(options.json, `${JSON.stringify({ ...figures, machine, load, trends, samples: kept })}\n`);
  }
  return passed ? 0 : 1;
}

/** Memory that the system takes back is no fault. */
function verdictOf({ isFlat, slopePerHour }: Trend): 'flat' | 'falls' | 'GROWS' {
  if (isFlat) return 'flat';
  return slopePerHour < 0 ? 'falls' : 'GROWS';
}

function describe({
  name,
  unit,
  mean,
  slopePerHour,
  noisePerHour,
}: { name: string; unit: string } & Trend): string {
  const round = (value: number): string => value.toPrecision(3);
  return `${name}: mean ${round(mean)} ${unit}, ${round(slopePerHour)} ± ${round(noisePerHour)} ${unit} an hour`;
}

/** The options, or what is wrong with them. */
function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        minutes: { type: 'string', default: '45' },
        rate: { type: 'string', default: '500' },
        model: { type: 'string', default: 'models/default' },
        json: { type: 'string' },
        svg: { type: 'string' },
      },
    });
    const [minutes, rate] = [Number(values.minutes), Number(values.rate)];
    if (!(minutes >= 2)) return '--minutes must be 2 or more.';
    if (!(Number.isInteger(rate) && rate > 0)) return '--rate must be a whole number above 0.';
    return { minutes, rate, model: values.model, json: values.json, svg: values.svg };
  } catch (error) {
    return (error as Error).message;
  }
}
