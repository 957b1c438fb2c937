import type { Finding } from '../../src/verify/tally.ts';
import type { CanaryVerdict } from './canary-answers.ts';
import type { FleetCounts } from './fleet.ts';
import type { ModelVerdict } from './model-answers.ts';
import type { ModelLogReport } from './model-log.ts';

/** If models came and went; `mix`: how many members were started with what. */
export type ModelsReport = ModelVerdict & ModelLogReport & { readonly mix: Readonly<Record<string, number>> };

interface Found {
  readonly models?: ModelsReport;
  /** Whether each key was answered by the model that it had to be. */
  readonly canaries?: CanaryVerdict;
  readonly members: Pick<FleetCounts, 'modelsReloaded' | 'modelsRefused'>;
}

/** What was found in the answers of the models that came and went; nothing if there were none. */
export function modelLines(
  { models, canaries, members }: Found,
  row: (name: string, value: string | number) => string,
  finding: (name: string, found: Finding) => string,
): string[] {
  if (models === undefined) return [];
  const list = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([name, count]) => `${name} × ${count}`)
      .join(', ');
  const { answers, versions, mix, reloads, refused } = models;
  const lines = [
    finding('wrong answer', models.wrong),
    finding('unlike another', models.unlike),
    finding('too early', models.tooEarly),
    finding('wrong stage', models.wrongStage),
    finding('went back', models.wentBack),
    row('answers', list(answers)),
    row('versions', `${versions} have answered`),
    row('models', `${members.modelsReloaded} reloaded, ${members.modelsRefused} refused`),
    row('a reload', `median ${reloads.medianMs} ms, max ${reloads.maxMs} ms`),
    ...Object.entries(refused).map(([reason, count]) => row('refused', `${count} × ${reason}`)),
    row('started with', list(mix)),
  ];
  if (canaries === undefined) return lines;
  const { answers: by, certain } = canaries;
  return [
    ...lines,
    finding('canary, other keys', canaries.outside),
    finding('not by the canary', canaries.otherSide),
    finding('canary, other time', canaries.notItsTime),
    row('canaries', `${canaries.canaries} have answered: ${list(models.canaries)}`),
    row('beside a canary', `${by.main} by the model in use, ${by.canary} by canaries`),
    row('only one was right', `for ${certain.main} and ${certain.canary} of them`),
  ];
}
