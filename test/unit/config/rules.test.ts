import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../../src/config/load.ts';
import { configKeys } from '../../../src/config/schema.ts';
import { failureOf, loadYaml } from './support.ts';

const sasl =
  'security_protocol: SASL_SSL, sasl_mechanism: PLAIN, sasl_plain_username: u, sasl_plain_password: p';
const oauth = `security_protocol: SASL_SSL, sasl_mechanism: OAUTHBEARER, sasl_oauth_client_id: a,
  sasl_oauth_client_secret: b`;

/** What cannot work: the configuration, the key it is reported at, a part of the sentence. */
const impossible: [yaml: string, key: string, message: RegExp][] = [
  ['kafka: {enable_auto_commit: true}', 'kafka.enable_auto_commit', /the transaction commits the offsets/],
  ['kafka: {heartbeat_interval_ms: 10001}', 'kafka.heartbeat_interval_ms', /more than a third/],
  ['kafka: {session_timeout_ms: 8000}', 'kafka.session_timeout_ms', /more than a third/],
  ['kafka: {max_poll_interval_ms: 29999}', 'kafka.max_poll_interval_ms', /less than session_timeout_ms/],
  ['kafka: {drain_timeout_ms: 300000}', 'kafka.drain_timeout_ms', /not below max_poll_interval_ms/],
  ['kafka: {buffer_size: 199}', 'kafka.buffer_size', /never fill a batch/],
  [
    'kafka: {max_message_bytes: 2 MiB, buffer_bytes: 1 MiB}',
    'kafka.max_message_bytes',
    /not fit into buffer_bytes/,
  ],
  ['kafka: {bootstrap_servers: [embedded, "a:1"]}', 'kafka.bootstrap_servers', /must be the only entry/],
  ['kafka: {results_topic: sentiment_requests}', 'kafka.results_topic', /also a request topic/],
  ['kafka: {topic: [a, sentiment_requests_dlq]}', 'kafka.topic', /also a request topic/],
  ['kafka: {dlq_topic: sentiment_results}', 'kafka.dlq_topic', /also the results topic/],
  [
    'kafka: {topic: "^a", auto_offset_reset: earliest, retry_topics: [1s]}',
    'kafka.retry_topics',
    /does not work with the pattern "\^a"/,
  ],
  [
    'kafka: {topic: [a, a-retry-1s], retry_topics: [1s]}',
    'kafka.retry_topics',
    /"a-retry-1s" is also a request topic/,
  ],
  [
    'kafka: {results_topic: sentiment_requests-retry-1s, retry_topics: 1s}',
    'kafka.retry_topics',
    /also takes results/,
  ],
  [
    'kafka: {dlq_topic: sentiment_requests-retry-1s, retry_topics: [1m, 1s]}',
    'kafka.retry_topics',
    /is also dlq_topic/,
  ],
  [
    `kafka: {topic: ${'a'.repeat(241)}, retry_topics: [1s]}`,
    'kafka.retry_topics',
    /longer than Kafka allows/,
  ],
  [
    'kafka: {retry_topics: [1m, 60s]}',
    'kafka.retry_topics',
    /"1m" and "60s" are the same delay; name it once/,
  ],
  ['kafka: {retry_topics: [10s, 8d]}', 'kafka.retry_topics', /"8d" is more than a week/],
  ['kafka: {topic: "^(", auto_offset_reset: earliest}', 'kafka.topic', /not a regular expression/],
  [
    'kafka: {topic: "^sentiment_res", auto_offset_reset: earliest}',
    'kafka.topic',
    /"\^sentiment_res" matches sentiment_results/,
  ],
  [
    'kafka: {topic: [a, "^a.*|alerts"], auto_offset_reset: earliest}\nresult: {routes: {BAD: alerts-2}}',
    'kafka.topic',
    /matches alerts-2, where results go/,
  ],
  [
    'kafka: {topic: "^sentiment_.*_dlq", auto_offset_reset: earliest}',
    'kafka.topic',
    /dead letters would be read/,
  ],
  [
    'kafka: {topic: "^_", auto_offset_reset: earliest}',
    'kafka.topic',
    /__consumer_offsets, which is Kafka's own/,
  ],
  [
    'kafka: {topic: "^tickets", auto_offset_reset: latest}',
    'kafka.topic',
    /needs auto_offset_reset: earliest/,
  ],
  ['kafka: {topic: "^tickets"}', 'kafka.topic', /needs auto_offset_reset: earliest/],
  [
    'kafka: {topic: "^tickets", auto_offset_reset: earliest, group_protocol: consumer}',
    'kafka.topic',
    /does not work with group_protocol consumer/,
  ],
  ['result: {routes: {BAD: sentiment_requests}}', 'result.routes', /"BAD" goes to a request topic/],
  [
    'result: {routes: {A: a, B: sentiment_requests_dlq}}',
    'result.routes',
    /"B" goes to the dead-letter topic/,
  ],
  ['model: {path: a, cascade: {path: a, below: 0.9}}', 'model.cascade', /is also model.path/],
  ['http: {peers: ["http://a:1", "http://[b"]}', 'http.peers', /entry 2 is not a valid address/],
  ['http: {peers_token: abc}', 'http.peers_token', /no effect without http\.peers/],
  [
    'http: {peers: ["http://a:1"], peers_ssl_cafile: ca.pem}',
    'http.peers_ssl_cafile',
    /no effect without an https/,
  ],
  ['kafka: {producer_acks: 1}', 'kafka.producer_acks', /requires all/],
  ['kafka: {producer_retries: 0}', 'kafka.producer_retries', /must be allowed to retry/],
  ['kafka: {transactional_id: a, delivery: at_least_once}', 'kafka.transactional_id', /no effect/],
  ['kafka: {transaction_interval_ms: 8000}', 'kafka.transaction_interval_ms', /times out after 15000 ms/],
  ['kafka: {producer_linger_ms: 8000}', 'kafka.producer_linger_ms', /more than half/],
  ['kafka: {security_protocol: SASL_SSL}', 'kafka.security_protocol', /requires sasl_mechanism/],
  [
    'kafka: {security_protocol: SASL_SSL, sasl_mechanism: SCRAM-SHA-256, sasl_plain_password: p}',
    'kafka.security_protocol',
    /requires sasl_plain_username/,
  ],
  [
    'kafka: {security_protocol: SASL_SSL, sasl_mechanism: PLAIN, sasl_plain_username: u}',
    'kafka.security_protocol',
    /requires sasl_plain_password/,
  ],
  [`kafka: {${oauth}}`, 'kafka.security_protocol', /requires sasl_oauth_token_endpoint_url/],
  [
    `kafka: {${oauth}, sasl_oauth_token_endpoint_url: "http://x/token"}`,
    'kafka.sasl_oauth_token_endpoint_url',
    /without TLS/,
  ],
  [
    `kafka: {${sasl.replace('SASL_SSL', 'SASL_PLAINTEXT')}}`,
    'kafka.security_protocol',
    /allow_insecure: true/,
  ],
  ['kafka: {sasl_mechanism: PLAIN}', 'kafka.sasl_mechanism', /no effect with security_protocol PLAINTEXT/],
  ['kafka: {ssl_cafile: /ca.pem}', 'kafka.ssl_cafile', /no effect with security_protocol PLAINTEXT/],
  ['kafka: {security_protocol: SSL, ssl_certfile: /c.pem}', 'kafka.ssl_certfile', /must be set together/],
  [
    'kafka: {bootstrap_servers: embedded, security_protocol: SSL}',
    'kafka.security_protocol',
    /only PLAINTEXT/,
  ],
  ['model: {path: a, canary: {path: a, share: 0.1}}', 'model.canary', /is also model.path/],
  [
    'model: {path: a, canary: {path: b, share: 0.1}, cascade: {path: c, below: 0.9}}',
    'model.canary',
    /does not go together with cascade/,
  ],
  [
    'model: {path: a, canary: {path: b, share: 0.1}, shadow: {path: c, share: 0.1}}',
    'model.canary',
    /does not go together with shadow/,
  ],
  ['model: {tokens_per_batch: 127, max_length: 128}', 'model.tokens_per_batch', /cannot hold even one text/],
  ['model: {max_length: 1025}', 'model.max_length', /cannot hold even one text/],
  [
    'model: {long_text: windows, max_length: 64, window_overlap: 64}',
    'model.window_overlap',
    /no room for anything new/,
  ],
  ['model: {min_threads: 3, max_threads: 2}', 'model.min_threads', /more than max_threads/],
  ['model: {path: null}', 'model.path', /classifies nothing/],
  ['http: {host: 0.0.0.0}', 'http.host', /token is required/],
  [
    'tracing: {endpoint: "http://user:secret@collector:99999/"}',
    'tracing.endpoint',
    /^(?!.*secret).*no address/,
  ],
  ['http: {host: "::"}', 'http.host', /token is required/],
];

for (const [yaml, key, message] of impossible) {
  test(`refused: ${yaml.replaceAll(/\s+/g, ' ')}`, () => {
    const { problems } = failureOf(yaml);
    assert.deepEqual(
      problems.map((problem) => problem.key),
      [key],
    );
    assert.match(problems[0]?.message as string, message);
    assert.match(problems[0]?.where as string, /^test\.yaml:\d+:\d+$/, 'shown where it was given');
  });
}

/** What looks like the cases above and is right. */
const possible = [
  'kafka: {enable_auto_commit: true, delivery: at_least_once}',
  'kafka: {heartbeat_interval_ms: 10000}',
  'kafka: {session_timeout_ms: 9000}',
  'kafka: {max_poll_interval_ms: 30000}',
  'kafka: {buffer_size: 200}',
  'kafka: {latency_target_ms: 10000}',
  'kafka: {latency_target_ms: 5000, drain_timeout_ms: 0}',
  'kafka: {bootstrap_servers: [embedded]}',
  'kafka: {bootstrap_servers: ["[::1]:9092", "b", "SSL://c:1"]}',
  'kafka: {producer_retries: 0, delivery: at_least_once}',
  `kafka: {${sasl}}`,
  `kafka: {${sasl}, ssl_cafile: /ca.pem}`,
  `kafka: {${sasl.replace('SASL_SSL', 'SASL_PLAINTEXT')}, allow_insecure: true}`,
  `kafka: {${oauth}, sasl_oauth_token_endpoint_url: "https://x/token", sasl_oauth_scope: kafka}`,
  'kafka: {security_protocol: SSL, ssl_certfile: /c.pem, ssl_keyfile: /k.pem, ssl_password: p}',
  'model: {tokens_per_batch: 128}',
  'http: {host: localhost}',
  'http: {host: 127.1.2.3}',
  'http: {host: 0.0.0.0, token: sixteen-letters!}',
];

for (const yaml of possible) {
  test(`accepted: ${yaml.replaceAll(/\s+/g, ' ')}`, () => {
    assert.deepEqual(loadYaml(yaml).warnings, []);
  });
}

test('what works but is probably not meant is a warning', () => {
  const warnings = (yaml: string) => loadYaml(yaml).warnings.join();
  assert.match(warnings('kafka: {delivery: at_least_once, producer_acks: 1}'), /can lose results/);
  assert.match(warnings('kafka: {latency_target_ms: 5000, drain_timeout_ms: 9000}'), /processed again/);
  assert.match(warnings('kafka: {security_protocol: SSL, ssl_check_hostname: false}'), /pose as a broker/);
});

test('a null model is for the command line only', () => {
  assert.equal(loadConfig({ overrides: { 'model.path': null } }).config.model.path, null);
});

test('a rule is silent about keys that are wrong by themselves, or misspelled', () => {
  const keys = (yaml: string) => failureOf(yaml).problems.map(({ key }) => key);
  assert.deepEqual(keys('kafka: {session_timeout_ms: soon, heartbeat_interval_ms: 20000}'), [
    'kafka.session_timeout_ms',
  ]);
  assert.deepEqual(keys(`kafka: {${sasl.replace('sasl_plain_password', 'sasl_plain_pasword')}}`), [
    'kafka.sasl_plain_pasword',
  ]);
});

test('a problem of two defaults with a given key is shown at the given one', () => {
  const { problems } = failureOf('', { env: { HTTP_HOST: '10.0.0.1' } });
  assert.deepEqual(
    problems.map(({ where, key }) => [where, key]),
    [['env HTTP_HOST', 'http.host']],
  );
});

test('the defaults break no rule on their own, key by key', () => {
  for (const { name, field, facts } of configKeys.values()) {
    const value = field.parse(undefined);
    if (value === undefined || facts.secret) continue;
    assert.doesNotThrow(() => loadConfig({ overrides: { [name]: value } }), name);
  }
});
