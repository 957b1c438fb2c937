/** `kafka.topics`: which topics are read, what their requests look like, and what is wrong with a list. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../../src/config/load.ts';
import { ConfigError } from '../../../src/config/problem.ts';
import { forTopic, overruledKeys, requestOf, TopicRequests } from '../../../src/config/topic-requests.ts';

const listed = (topics: unknown, others: Record<string, unknown> = {}) =>
  loadConfig({ overrides: { 'kafka.topics': JSON.stringify(topics), ...others } });
const early = { 'kafka.auto_offset_reset': 'earliest' };

function problemsOf(topics: unknown, others: Record<string, unknown> = {}): string[] {
  try {
    listed(topics, others);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems.map(({ key, message, suggestion }) =>
      [key, message, suggestion].filter((part) => part !== undefined).join(': '),
    );
  }
}

test('the topics of the list are read alone, or besides those of kafka.topic if that is set', () => {
  const topics = [{ topic: 'orders', request: { text: '/comment' } }, { topic: 'chats' }];
  assert.deepEqual(listed(topics).config.kafka.topic, ['orders', 'chats']);
  assert.equal(listed(topics).origins.get('kafka.topic'), 'command line');
  const both = listed(topics, { 'kafka.topic': 'reviews,chats' }).config;
  assert.deepEqual(both.kafka.topic, ['reviews', 'chats', 'orders']);
  assert.deepEqual(loadConfig().config.kafka.topic, ['sentiment_requests']);
});

test('the list can be given in the environment', () => {
  const env = { KAFKA_TOPICS: '[{"topic":"chats","request":{"id":"$key","text":"/a,/b","strict":"yes"}}]' };
  const { config, origins } = loadConfig({ env });
  assert.deepEqual(config.kafka.topics, [
    { topic: 'chats', request: { id: '$key', text: ['/a', '/b'], strict: true } },
  ]);
  assert.equal(origins.get('kafka.topics'), 'env KAFKA_TOPICS');
});

test('an entry replaces the keys that it names; the first that matches counts', () => {
  const { config } = listed(
    [
      { topic: 'chats-old' },
      { topic: '^chats-.*', request: { text: ['/message'], strict: true } },
      { topic: '^chats-new', request: { text: '/never' } },
    ],
    { 'request.id': '/number', 'kafka.topic': 'reviews', ...early },
  );
  assert.deepEqual(requestOf(config, 'reviews'), config.request);
  assert.deepEqual(requestOf(config, 'chats-old'), config.request);
  const changed = { ...config.request, text: ['/message'], strict: true };
  assert.deepEqual(requestOf(config, 'chats-new'), changed);
  assert.equal(changed.id, '/number');
  assert.deepEqual(forTopic(config, 'chats-new').request, changed);
  assert.deepEqual(forTopic(forTopic(config, 'chats-new'), 'reviews').request, changed);
});

test('topics whose requests look alike have one shape, and 0 is that of the section', () => {
  const { config } = listed(
    [
      { topic: 'a', request: { text: '/x' } },
      { topic: '^b.*', request: { text: ['/x'] } },
      { topic: 'c', request: { text: '/text', format: 'json' } },
      { topic: 'd', request: { format: 'text', id: '' } },
    ],
    early,
  );
  const requests = new TopicRequests(config);
  assert.deepEqual(
    ['a', 'b-1', 'c', 'd', 'e', 'a'].map((topic) => requests.shapeOf(topic)),
    [1, 1, 0, 2, 0, 1],
  );
  assert.deepEqual(
    requests.all.map(({ format, text }) => [format, ...text]),
    [
      ['json', '/text'],
      ['json', '/x'],
      ['text', '/text'],
    ],
  );
});

test('everything that is wrong with a list is said at once, with the place', () => {
  const list = [
    { topic: 'orders', request: { fromat: 'avro', format: 'jsn', text: 'comment' } },
    { topic: 'orders', text: '/a', reqest: {} },
    { request: { id: 7 } },
    { topic: 'chats', request: ['/text'] },
  ];
  assert.deepEqual(problemsOf(list), [
    'kafka.topics[0].request.fromat: unknown key: format',
    'kafka.topics[0].request.format: "jsn" is not a known value: json',
    'kafka.topics[0].request.text: "comment" does not have the right form',
    'kafka.topics[1].text: belongs below request:',
    'kafka.topics[1].reqest: unknown key: request',
    'kafka.topics[2]: has no topic',
    'kafka.topics[2].request.id: expected text, got the number 7; write it in quotes',
    'kafka.topics[3].request: must contain keys of request:',
    'kafka.topics[1].topic: "orders" is in the list already',
  ]);
  assert.deepEqual(problemsOf([]), ['kafka.topics: the list is empty']);
  for (const wrong of ['orders', { topic: 'orders' }, ['orders']])
    assert.deepEqual(problemsOf(wrong), ['kafka.topics: is not a list of {topic, request}']);
  assert.deepEqual(problemsOf([{ topic: 'a b' }]), ['kafka.topics: "a b" does not have the right form']);
});

test('what cannot work for the requests of one topic is an error of its entry', () => {
  const text = [{ topic: 'chats' }, { topic: 'lines', request: { format: 'text' } }];
  const avro = [{ topic: 'orders', request: { format: 'avro' } }];
  const at = (index: number) => `kafka.topics[${index}].request: `;
  assert.deepEqual(problemsOf(text), []);
  assert.deepEqual(problemsOf(text, { 'request.id': '/number' }), [
    `${at(1)}request.format: text has no members; request.id can only be $key`,
  ]);
  assert.deepEqual(problemsOf(text, { 'result.shape': 'request' }), [
    `${at(1)}result.shape: request needs requests that are JSON objects`,
  ]);
  assert.deepEqual(problemsOf(text, { 'result.include': '{"user":"/user"}' }), []);
  assert.deepEqual(
    problemsOf([text[1]], { 'result.include': '{"user":"/user"}', 'request.format': 'text' }),
    ['result.include: has no effect with request.format: text'],
  );
  assert.deepEqual(problemsOf(avro), [
    `${at(0)}request.format: avro needs schema_registry.url, where the schemas come from`,
  ]);
  const { warnings } = listed(avro, { 'schema_registry.url': 'http://localhost:8081' });
  assert.deepEqual(warnings, []);
});

test('a pattern of the list can make a loop, like one of kafka.topic', () => {
  const [problem] = problemsOf([{ topic: '^sentiment.*' }], early);
  assert.match(String(problem), /kafka.topic: "\^sentiment\.\*" matches sentiment_results/);
});

test('keys that an entry names have no effect elsewhere, and can be told', () => {
  const topics = [
    { topic: 'orders', request: { text: '/comment' } },
    { topic: '^chats-', request: { id: '$key' } },
  ];
  const { config } = listed(topics, early);
  const given = ['request.text', 'request.id', 'kafka.topic'];
  assert.deepEqual(overruledKeys(config, 'orders', given), { entry: 'orders', keys: ['request.text'] });
  assert.deepEqual(overruledKeys(config, 'chats-a', given), { entry: '^chats-', keys: ['request.id'] });
  assert.deepEqual(overruledKeys(config, 'others', given).keys, []);
});
