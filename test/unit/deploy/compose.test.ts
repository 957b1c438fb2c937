/** docker-compose.kafka.yml: what its makers' tools do not look at. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { root } from '../../helpers/paths.ts';

interface ComposeService {
  readonly image: string;
  readonly entrypoint?: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly volumes?: readonly string[];
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

test('what runs in our image can write nothing but /tmp, and has no capabilities', () => {
  for (const [name, { image, read_only, cap_drop }] of Object.entries(services)) {
    if (image !== 'kubesentiment:latest') continue;
    assert.deepEqual([read_only, cap_drop], [true, ['ALL']], name);
  }
});

test('every script that is started in the image is put into it', () => {
  const assemble = readFileSync(join(root, 'docker/assemble.mjs'), 'utf8');
  const dockerfile = readFileSync(join(root, 'docker/Dockerfile'), 'utf8');
  const runtime = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
  const words = Object.values(services).flatMap(({ entrypoint = [], healthcheck }) => [
    ...entrypoint,
    ...(healthcheck?.test ?? []),
  ]);
  const started = [...words, ...runtime.split(/["\s]+/)].filter((word) => /^docker\/[\w-]+\.mjs$/.test(word));
  assert.deepEqual([...new Set(started)].sort(), ['docker/gateway.mjs', 'docker/healthcheck.mjs']);
  for (const path of started) assert.ok(assemble.includes(`'${path}',`), path);
});

test('Prometheus and Grafana find what is mounted for them', () => {
  const mounts = Object.values(services).flatMap(({ volumes = [] }) =>
    volumes.map((volume) => volume.split(':')),
  );
  const files = new Map(mounts.flatMap(([from = '', to = '']) => (from.startsWith('.') ? [[to, from]] : [])));
  for (const from of files.values()) assert.ok(existsSync(join(root, from)), from);
  const readYaml = (path: string) => parse(readFileSync(join(root, path), 'utf8'));

  const { rule_files, scrape_configs } = readYaml('docker/prometheus.yml');
  for (const path of rule_files) assert.ok(files.has(path), path);
  const [, gatewayPort] = String(services['kubesentiment']?.ports?.[0]).split(/:(?=\d+$)/);
  assert.deepEqual(scrape_configs[0].static_configs[0].targets, [`kubesentiment:${gatewayPort}`]);

  const provisioning = files.get('/etc/grafana/provisioning') as string;
  const [provider] = readYaml(join(provisioning, 'dashboards/kubesentiment.yml')).providers;
  assert.ok(files.has(`${provider.options.path}/dashboard.json`), provider.options.path);
  const [source] = readYaml(join(provisioning, 'datasources/prometheus.yml')).datasources;
  assert.ok(services[new URL(source.url).hostname], source.url);
});
