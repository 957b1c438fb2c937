/** The configuration is read again while messages flow: what is taken up, what is left, and what changes nothing. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { KubesentimentError } from '../../src/errors.ts';
import { createLogger } from '../../src/log.ts';
import { temporaryFolder } from '../models/directory.ts';
import { configured } from './config-rig.ts';
import { first, Models, second } from './reload-rig.ts';
import { createBroker, sendRequests, topics, until } from './rig.ts';

function logged() {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { lines, logger: createLogger({ level: 'info', format: 'json', destination }) };
}

test('a change that needs a restart is named and left; the others are used', async (t) => {
  const broker = createBroker(2);
  const { lines, logger } = logged();
  const { consumer, write } = configured(t, broker, { 'logging.level': 'info' }, { logger });
  await consumer.start();
  write({ 'kafka.topic': ['elsewhere'], 'kafka.buffer_size': 1_000, 'kafka.latency_target_ms': 250 });
  assert.deepEqual(await consumer.service.configReload.reload(), {
    changed: [{ key: 'kafka.latency_target_ms', from: 100, to: 250 }],
    needs_restart: [
      { key: 'kafka.topic', from: [topics.requests], to: ['elsewhere'] },
      { key: 'kafka.buffer_size', from: 50_000, to: 1_000 },
    ],
    model_reloaded: false,
  });
  const { latency_target_ms: target, topic, buffer_size: size } = consumer.config.kafka;
  assert.deepEqual([target, topic, size], [250, [topics.requests], 50_000]);
  assert.match(
    lines.join(''),
    /"event":"config_needs_restart".*"keys":\["kafka.topic","kafka.buffer_size"\]/,
  );
  sendRequests(broker, 50);
  await until('all are answered', () => broker.audit.answered === 50);
  const again = await consumer.service.configReload.reload();
  assert.deepEqual([again.changed.length, again.needs_restart.length], [0, 2], 'it is still to be done');
});

test('with anything wrong nothing changes, and everything that is wrong is said', async (t) => {
  const { lines, logger } = logged();
  const { consumer, write, writeText } = configured(
    t,
    createBroker(1),
    { 'logging.level': 'info' },
    { logger },
  );
  await consumer.start();
  const before = consumer.config;
  write({ 'kafka.latency_target_ms': 250, 'kafka.max_retries': -1, 'http.port': 'high' });
  await assert.rejects(consumer.service.configReload.reload(), (error: KubesentimentError) => {
    assert.equal(error.code, 'KS_CONFIG_INVALID');
    return /has 2 problems/.test(error.message) && /max_retries.*[\s\S]*http\.port/.test(error.message);
  });
  writeText('kafka: [');
  await consumer.reload();
  assert.equal(consumer.config, before);
  assert.equal(lines.filter((line) => line.includes('"event":"config_rejected"')).length, 2);
  assert.ok(
    !lines.some((line) => /"event":"model_(unchanged|reloaded|refused)"/.test(line)),
    'nor is the model loaded again',
  );
  write({ 'kafka.latency_target_ms': 250 });
  await consumer.reload();
  assert.equal(consumer.config.kafka.latency_target_ms, 250);
});

test('what could be used is refused if it does not fit to what needs a restart', async (t) => {
  const before = { 'model.tokens_per_batch': 64, 'model.max_length': 32 };
  const { consumer, write } = configured(t, createBroker(1), before);
  await consumer.start();
  write({ 'model.tokens_per_batch': 512, 'model.max_length': 128, 'kafka.latency_target_ms': 250 });
  await assert.rejects(
    consumer.service.configReload.reload(),
    /while model\.tokens_per_batch needs a restart model\.tokens_per_batch: 64 tokens cannot hold/,
  );
  assert.equal(consumer.config.kafka.latency_target_ms, 100);
});

test('a model that cannot be loaded lets nothing change; the next reload can', async (t) => {
  const models = new Models(t);
  models.write('a', first);
  const version = models.write('b', second);
  const { consumer, write } = configured(t, createBroker(1), { 'model.path': models.path('a') });
  await consumer.start();
  const before = consumer.config;
  write({ 'model.path': models.path('c'), 'kafka.latency_target_ms': 250 });
  await assert.rejects(consumer.service.configReload.reload(), /does not exist/);
  assert.equal(consumer.config, before);
  write({ 'model.path': models.path('b'), 'kafka.latency_target_ms': 250 });
  // Asked for at the same time, one comes after the other, and a plain reload of the model finds the new directory.
  const [one, two, plain] = await Promise.all([
    consumer.service.configReload.reload(),
    consumer.service.configReload.reload(),
    consumer.service.configReload.reload().then(() => consumer.service.modelReload.reload()),
  ]);
  assert.deepEqual([one.changed.length, two.changed.length, plain.outcome], [2, 0, 'unchanged']);
  assert.deepEqual([consumer.service.model.version, plain.model_version], [version, version]);
});

test('secrets are never shown', async (t) => {
  const { lines, logger } = logged();
  const secret = join(temporaryFolder(t), 'token');
  writeFileSync(secret, 'first-secret-0123456789');
  const before = { 'http.token': `$\{file:${secret}}`, 'logging.level': 'info' };
  const { consumer } = configured(t, createBroker(1), before, { logger });
  await consumer.start();
  writeFileSync(secret, 'second-secret-0123456789');
  const { needs_restart: left } = await consumer.service.configReload.reload();
  assert.deepEqual(left, [{ key: 'http.token', from: '********', to: '********' }]);
  const inUse = JSON.stringify(consumer.service.configReload.inUse());
  assert.match(inUse, /"token":"\*{8}"/);
  assert.doesNotMatch(inUse + lines.join(''), /first-secret|second-secret/);
});

test('a service that does not run reads nothing', async (t) => {
  const { consumer, write } = configured(t, createBroker(1));
  await consumer.reload();
  await consumer.start();
  await consumer.stop();
  write({ 'kafka.latency_target_ms': 250 });
  await assert.rejects(consumer.service.configReload.reload(), { code: 'KS_STATE' });
  assert.equal(consumer.config.kafka.latency_target_ms, 100);
});
