import { cpus } from 'node:os';
import type { ModelInfo } from '../types.ts';
import type { BatchEffect } from './batch-effect.ts';
import type { GraphReport } from './graph-rewrite.ts';
import type { ModelReport } from './model-check.ts';
import type { ModelComparison } from './model-compare.ts';

/** What is known of a model that was imported. */
export interface CardFacts {
  readonly original: ModelInfo;
  /** Of the new directory. */
  readonly report: ModelReport;
  readonly comparison: ModelComparison;
  readonly batchEffect: BatchEffect;
  /** As the original, by processor time. */
  readonly timesAsFast: number;
  readonly graph: GraphReport | undefined;
  /** The texts are those of a user, not sentences of ours. */
  readonly hasOwnTexts: boolean;
}

/** README.md of an imported model: what it is, what was done to its graph, what was measured, and on which machine. */
export function modelCard(facts: CardFacts): string {
  const { original, report, graph } = facts;
  const { name, version, labels, maxLength, onnxBytes, notes, samples } = report;
  const rows = samples.map(({ text, label, score }) => `| ${text} | ${label} | ${score.toFixed(4)} |`);
  return `# ${name}

Imported from \`${original.name}\`, version \`${original.version}\`. Version \`${version}\` here.

| | |
|---|---|
| labels | ${labels.join(', ')} |
| longest text | ${maxLength} tokens |
| graph | ${(onnxBytes / 1e6).toFixed(1)} MB |
| speed | ${speed(report)} |
| times as fast as the original | ${facts.timesAsFast.toFixed(2)} by processor time, both in turns over the same texts |
| like the original | ${agreement(facts)} |
| a text alone or beside others | ${batch(facts)} |

What was done to the graph: ${graph === undefined || graph.changes.length === 0 ? 'nothing.' : ''}
${list(graph === undefined ? [] : done(graph))}
What \`kubesentiment model check\` notes: ${notes.length === 0 ? 'nothing.' : ''}
${list(notes)}
| sample | label | score |
|---|---|---|
${rows.join('\n')}

How good its answers are is not measured here: \`kubesentiment model compare\` shows what it changes on texts of yours.
`;
}

/** The same label for so many texts, and how far the scores are apart. */
export function agreement({
  comparison,
  hasOwnTexts,
}: Pick<CardFacts, 'comparison' | 'hasOwnTexts'>): string {
  const { agreed, texts, distance } = comparison;
  const { mean, max } = distance ?? { mean: 0, max: 0 };
  const what = hasOwnTexts ? 'sample texts' : 'sentences';
  return (
    `the same label for ${agreed} of ${texts} ${what}; scores differ by ${max.toFixed(4)} at most, ` +
    `${mean.toFixed(4)} on average`
  );
}

export function batch({ batchEffect: { texts, apart } }: Pick<CardFacts, 'batchEffect'>): string {
  return `scores differ by ${apart < 1e-6 ? 'less than 0.000001' : apart.toFixed(6)} (${texts} texts)`;
}

/** What was done, one thing on a line. */
export function done({ changes, notes, nodes: [before, after], calibration, tools }: GraphReport): string[] {
  const counted = changes.length === 0 ? [] : [`${before} operators before, ${after} now (${tools})`];
  if (calibration === null) return [...changes, ...counted, ...notes];
  const { texts, judged, cut, logitsApart } = calibration;
  const beyond = `${(100 * cut).toFixed(3)} % of the numbers lie beyond each end`;
  return [
    ...changes,
    `scales measured on ${texts} of the sample texts; ${beyond}, chosen by ${judged} texts; there logits differ by ` +
      `${logitsApart.toFixed(4)} on average`,
    ...counted,
    ...notes,
  ];
}

function speed({ provider, speed: { textsPerSecond, tokensPerText, threads } }: ModelReport): string {
  const date = new Date().toISOString().slice(0, 10);
  const machine = `${provider}, ${threads} threads, ${cpus()[0]?.model ?? 'unknown CPU'}, ${date}`;
  return `${Math.round(textsPerSecond)} texts/s of ${tokensPerText.toFixed(1)} tokens (${machine})`;
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}\n`).join('');
}
