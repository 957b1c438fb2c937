import { OUR, type Panel, perSecond } from './panel.ts';

/** Of the model that answers some of the keys. */
export const canaryPanels: readonly Panel[] = [
  {
    title: 'Agreement of the canary',
    kind: 'timeseries',
    unit: 'percentunit',
    help: 'Share of the last 1,000 compared texts with the same label, and share of the keys that it answers.',
    queries: [
      [`min by (canary_version) (sentiment_canary_agreement_ratio{${OUR}})`, 'agreement {{canary_version}}'],
      [`max by (canary_version) (sentiment_canary_share{${OUR}})`, 'share of keys {{canary_version}}'],
      [`max by (reason) (sentiment_canary_returned{${OUR}})`, 'returned: {{reason}}'],
    ],
  },
  {
    title: 'Texts of the canary',
    kind: 'timeseries',
    unit: 'cps',
    help: 'same, other: the model in use was asked, too. failed: the model in use has answered instead.',
    queries: [[perSecond('sentiment_canary_total', 'outcome'), '{{outcome}}']],
  },
  {
    title: 'Time of the canary',
    kind: 'timeseries',
    unit: 'short',
    help: 'For how many times as long as the model in use it works on a text.',
    queries: [[`max by (canary_version) (sentiment_canary_slowdown_ratio{${OUR}})`, '{{canary_version}}']],
  },
];
