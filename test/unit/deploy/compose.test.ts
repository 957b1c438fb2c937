/** docker-compose.kafka.yml: what its makers' tools do not look at. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { root } from '../../helpers/paths.ts';

interface ComposeService {
  readonly image: string;
  readonly ports?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
}

const { services } = parse(readFileSync(join(root, 'docker-compose.kafka.yml'), 'utf8'), { merge: true }) as {
  services: Readonly<Record<string, ComposeService>>;
};

test('every port is published on the loopback of the machine only', () => {
  const ports = Object.values(services).flatMap((service) => service.ports ?? []);
  assert.ok(ports.includes('127.0.0.1:8001:8002'));
  for (const port of ports) assert.match(port, /^127\.0\.0\.1:\d+:\d+$/);
});

test('images of others are pinned to a version', () => {
  for (const [name, { image }] of Object.entries(services)) {
    if (image !== 'kubesentiment:latest') assert.match(image, /:v?\d+\.\d+\.\d+$/, name);
  }
});

test('no service has a password', () => {
  for (const [name, { environment = {} }] of Object.entries(services)) {
    for (const key of Object.keys(environment)) assert.doesNotMatch(key, /PASSWORD|SECRET|TOKEN/, name);
  }
});

test('nothing starts before what it needs is healthy', () => {
  for (const [name, { depends_on: needs = {} }] of Object.entries(services)) {
    for (const [needed, { condition }] of Object.entries(needs)) {
      if (condition === 'service_started') continue;
      const { healthcheck } = services[needed] as ComposeService;
      if (condition === 'service_healthy') assert.ok(healthcheck?.test, `${name} waits for ${needed}`);
      else assert.equal(condition, 'service_completed_successfully');
    }
  }
  assert.equal(services['kubesentiment']?.depends_on?.['kafka']?.condition, 'service_healthy');
});
