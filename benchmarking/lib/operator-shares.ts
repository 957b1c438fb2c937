import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { sessionOptions } from '../../src/infer/onnx-backend.ts';
import { feedsOf, type ModelShape } from './onnx-feeds.ts';

/** What ONNX Runtime's profile says of one run of one node. */
interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  readonly dur: number;
  readonly args?: { readonly op_name?: string };
}

export interface OperatorShare {
  readonly operator: string;
  readonly percent: number;
  readonly nodes: number;
  readonly usPerRun: number;
}

const RUNS = 60;

/**
 * Where the time of a model goes: the share of each operator of the graph that is run, largest first. For each node the
 * median of all runs, so that a moment in which the machine did something else does not count.
 */
export async function operatorShares(onnxPath: string, shape: ModelShape): Promise<OperatorShare[]> {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-profile-'));
  try {
    const session = await InferenceSession.create(onnxPath, {
      ...sessionOptions('cpu'),
      enableProfiling: true,
      profileFilePrefix: join(folder, 'profile'),
    });
    const { inputs, outputs } = feedsOf(session, shape);
    for (let run = 0; run < RUNS; run++) await session.run(inputs, outputs);
    session.endProfiling();
    await session.release();
    return sharesOf(JSON.parse(readFileSync(join(folder, readdirSync(folder)[0] as string), 'utf8')));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function sharesOf(events: readonly ProfileEvent[]): OperatorShare[] {
  const nodes = new Map<string, { operator: string; durations: number[] }>();
  for (const { cat, name, dur, args } of events) {
    if (cat !== 'Node' || !name.endsWith('_kernel_time') || args?.op_name === undefined) continue;
    const node = nodes.get(name) ?? { operator: args.op_name, durations: [] };
    node.durations.push(dur);
    nodes.set(name, node);
  }
  const operators = new Map<string, { usPerRun: number; nodes: number }>();
  for (const { operator, durations } of nodes.values()) {
    const sum = operators.get(operator) ?? { usPerRun: 0, nodes: 0 };
    sum.usPerRun += durations.sort((a, b) => a - b)[Math.floor(durations.length / 2)] as number;
    sum.nodes++;
    operators.set(operator, sum);
  }
  const total = [...operators.values()].reduce((sum, { usPerRun }) => sum + usPerRun, 0);
  return [...operators]
    .map(([operator, sum]) => ({
      operator,
      percent: Math.round((1000 * sum.usPerRun) / total) / 10,
      ...sum,
    }))
    .sort((a, b) => b.usPerRun - a.usPerRun);
}
