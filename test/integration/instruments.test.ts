/**
 * Metric, page, JSON, `/readyz`, `lag`, `verify` and `doctor` agree, and none says that all is well where it is not, or
 * cannot be known. One row for each situation; to add one, add an object.
 */
import { test } from 'node:test';
import { check, noBroker, request, requests, type Situation } from '../helpers/instruments.ts';

const situations: readonly Situation[] = [
  {
    name: 'requests that are answered',
    arrange: ({ send }) => send(requests(3)),
    expected: {},
  },
  {
    name: 'tombstones among them',
    arrange: ({ send }) => send([request(), { value: null, key: 'a' }, { value: null, key: 'b' }]),
    expected: { verifySays: [/^2 records have no value: tombstones/m] },
  },
  ...['exactly_once', 'at_least_once'].flatMap((delivery): Situation[] => [
    {
      name: `requests in transactions: ${delivery}`,
      settings: { 'kafka.delivery': delivery },
      arrange: async ({ send }) => {
        await send(requests(2), { transaction: 'commit' });
        await send(requests(2), { transaction: 'commit' });
      },
      expected: {},
    },
    {
      name: `aborted records at the end of an idle topic: ${delivery}`,
      settings: { 'kafka.delivery': delivery },
      arrange: async ({ send }) => {
        await send(requests(2));
        await send(requests(200), { transaction: 'abort' });
      },
      expected: {},
    },
  ]),
];

for (const situation of situations) test(situation.name, { skip: noBroker }, () => check(situation));
