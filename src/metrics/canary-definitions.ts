import type { CanaryCounts } from './canary-counts.ts';
import type { Labels, MetricDefinition, Scrape } from './definition.ts';

/** How the model in model.canary does. Results and their labels are in `sentiment_results_total`, by version. */
export const canaryMetrics: readonly MetricDefinition[] = [
  {
    kind: 'gauge',
    name: 'sentiment_canary_share',
    help: 'Share of the keys that model.canary answers; 0 when its trial is over; missing without a canary.',
    labels: ['canary_version'],
    read: (scrape) => of(scrape, ({ share, endedBy }) => (endedBy === undefined ? share : 0)),
  },
  {
    kind: 'gauge',
    name: 'sentiment_canary_returned',
    help: 'Always 1, while model.canary is configured but the model in use answers all keys again.',
    labels: ['canary_version', 'reason'],
    read: ({ counters: { canary } }) =>
      canary?.endedBy === undefined ? [] : [[{ canary_version: canary.version, reason: canary.endedBy }, 1]],
  },
  {
    kind: 'gauge',
    name: 'sentiment_canary_agreement_ratio',
    help: 'Share of the last 1,000 compared texts with the same label from both models; missing before the first.',
    labels: ['canary_version'],
    read: (scrape) => of(scrape, ({ compared }) => compared.agreement),
  },
  {
    kind: 'gauge',
    name: 'sentiment_canary_slowdown_ratio',
    help: 'Time for a text, of the last fifty batches or so, by that of the model in use.',
    labels: ['canary_version'],
    read: (scrape) => of(scrape, ({ slowdown }) => slowdown),
  },
  {
    kind: 'counter',
    name: 'sentiment_canary_total',
    help: 'Texts of model.canary: compared, with same or other label, or skipped; and those on which it has failed.',
    labels: ['outcome'],
    read: ({ counters: { canary } }) =>
      canary === undefined
        ? []
        : [
            [{ outcome: 'same' }, canary.compared.agreed],
            [{ outcome: 'other' }, canary.compared.differed],
            [{ outcome: 'skipped' }, canary.compared.skipped],
            [{ outcome: 'failed' }, canary.failed],
          ],
  },
];

function of(
  { counters: { canary } }: Scrape,
  read: (canary: CanaryCounts) => number | undefined,
): readonly (readonly [Labels, number])[] {
  const value = canary && read(canary);
  return canary === undefined || value === undefined ? [] : [[{ canary_version: canary.version }, value]];
}
