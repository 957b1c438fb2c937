import { cpus } from 'node:os';
import type { ModelInfo } from '../types.ts';
import type { ModelReport } from './model-check.ts';
import type { ModelComparison } from './model-compare.ts';

/** README.md of an imported model: what it is, what was measured, and on which machine. */
export function modelCard(
  name: string,
  original: ModelInfo,
  { version, labels, maxLength, onnxBytes, provider, speed, notes, samples }: ModelReport,
  { texts, agreed, distance }: ModelComparison,
): string {
  const date = new Date().toISOString().slice(0, 10);
  const machine = `${provider}, ${speed.threads} threads, ${cpus()[0]?.model ?? 'unknown CPU'}, ${date}`;
  const rate = `${Math.round(speed.textsPerSecond)} texts/s of ${speed.tokensPerText.toFixed(1)} tokens`;
  const apart = (distance?.max ?? 0).toFixed(4);
  const rows = samples.map(({ text, label, score }) => `| ${text} | ${label} | ${score.toFixed(4)} |`);
  return `# ${name}

Imported from \`${original.name}\`, version \`${original.version}\`. Version \`${version}\` here.

| | |
|---|---|
| labels | ${labels.join(', ')} |
| longest text | ${maxLength} tokens |
| graph | ${(onnxBytes / 1e6).toFixed(1)} MB |
| speed | ${rate} (${machine}) |
| like the original | the same label for ${agreed} of ${texts} sentences; scores differ by ${apart} at most |

What \`kubesentiment model check\` notes: ${notes.length === 0 ? 'nothing.' : ''}
${notes.map((note) => `- ${note}\n`).join('')}
| sample | label | score |
|---|---|---|
${rows.join('\n')}

How good its answers are is not measured here: \`kubesentiment model compare\` shows what it changes on texts of yours.
`;
}
