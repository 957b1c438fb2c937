/** deploy/chart without helm; `npm run check:deploy` renders it. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { root } from '../../helpers/paths.ts';

const chart = join(root, 'deploy/chart');
const read = (path: string): string => readFileSync(join(chart, path), 'utf8');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const metadata = parse(read('Chart.yaml'));

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-chart-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('deploy/chart/README.md is up to date (npm run docs) and has every value', async () => {
  const { chartReadme, valuesOf } = await import(join(root, 'scripts/lib/chart-readme.mjs'));
  assert.equal(read('README.md'), chartReadme());
  const described = valuesOf(read('values.yaml')) as { path: string; value: string }[];
  const defaults = parse(read('values.yaml'));
  for (const { path, value } of described) {
    const found = path.split('.').reduce((values, key) => values[key], defaults);
    if (value !== '') assert.deepEqual(parse(value), found, path);
  }
  const leaves = (values: object, path: string): string[] =>
    Object.entries(values).flatMap(([key, value]) =>
      described.some((one) => one.path === `${path}${key}` && one.value !== '')
        ? []
        : value !== null && typeof value === 'object' && !Array.isArray(value)
          ? leaves(value, `${path}${key}.`)
          : [`${path}${key}`],
    );
  assert.deepEqual(leaves(defaults, ''), []);
});

test('the schema knows every value, and nothing else', () => {
  const schema = JSON.parse(read('values.schema.json'));
  const defaults = parse(read('values.yaml'));
  const { global: _, ...known } = schema.properties;
  assert.deepEqual(Object.keys(known).sort(), Object.keys(defaults).sort());
  for (const [name, { properties }] of Object.entries<{ properties?: object }>(known)) {
    if (properties === undefined || name === 'config' || name === 'resources') continue;
    assert.deepEqual(Object.keys(properties).sort(), Object.keys(defaults[name]).sort(), name);
  }
});

test('what Artifact Hub shows is there', () => {
  assert.deepEqual([metadata.version, metadata.appVersion], [version, version]);
  for (const key of ['description', 'home', 'icon', 'sources', 'keywords'])
    assert.ok(metadata[key]?.length > 0, key);
  const { annotations } = metadata;
  assert.ok(annotations['artifacthub.io/license']);
  const [image] = parse(annotations['artifacthub.io/images']);
  assert.equal(image.image.split(':').at(-1), version);
  const files = [
    metadata.icon,
    ...parse(annotations['artifacthub.io/links']).map(({ url }: { url: string }) => url),
  ];
  const paths = files.flatMap((url) => /\/v[\d.]+\/([\w./-]+)/.exec(url)?.[1] ?? []);
  assert.ok(paths.length >= 3);
  for (const path of paths) assert.ok(existsSync(join(root, path)), path);
  for (const url of files) assert.match(url, new RegExp(`/v${version.replaceAll('.', '\\.')}/|/issues$`));
  const owner = parse(readFileSync(join(root, 'deploy/artifacthub-repo.yml'), 'utf8'));
  assert.ok(owner.owners[0].email);
});

test('npm run package:chart: with the rules and the dashboard, for the image it is told', async (t) => {
  const { packageChart } = await import(join(root, 'scripts/package-chart.mjs'));
  const [first, second] = ['a', 'b'].map((name) =>
    packageChart({ folder: join(temporaryFolder(t), name), image: 'ghcr.io/owner/name' }),
  );
  const hash = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
  assert.equal(hash(first), hash(second));
  const folder = temporaryFolder(t);
  execFileSync('tar', ['-xzf', first, '-C', folder]);
  const packed = (path: string): string => readFileSync(join(folder, 'kubesentiment', path), 'utf8');
  assert.equal(parse(packed('values.yaml')).image.repository, 'ghcr.io/owner/name');
  assert.match(
    parse(packed('Chart.yaml')).annotations['artifacthub.io/images'],
    /image: ghcr\.io\/owner\/name:/,
  );
  assert.equal(
    packed('files/rules.yml'),
    readFileSync(join(root, 'monitoring/prometheus/rules.yml'), 'utf8'),
  );
  assert.ok(JSON.parse(packed('files/dashboard.json')).panels);
  assert.equal(packed('README.md'), read('README.md'));
});

test('docker/service-test.mjs passes with a service that is ready, open to the token and to nobody else', async (t) => {
  const token = 'a-token-of-some-length';
  const tokenFile = join(temporaryFolder(t), 'token');
  writeFileSync(tokenFile, `${token}\n`);
  const state = { ready: true, isOpen: false, running: true };
  const server = createServer((request, answer) => {
    const isAllowed = state.isOpen || request.headers.authorization === `Bearer ${token}`;
    const status = request.url === '/readyz' ? (state.ready ? 200 : 503) : isAllowed ? 200 : 401;
    answer.writeHead(status).end(JSON.stringify({ running: state.running }));
  });
  await promisify((done: () => void) => server.listen(0, '127.0.0.1', done))();
  t.after(() => server.close());
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const run = async (): Promise<number> => {
    const child = spawn(process.execPath, [join(root, 'docker/service-test.mjs'), address, tokenFile]);
    return new Promise((resolve) => child.on('exit', (code) => resolve(code ?? -1)));
  };
  assert.equal(await run(), 0);
  for (const wrong of [{ ready: false }, { isOpen: true }, { running: false }]) {
    Object.assign(state, { ready: true, isOpen: false, running: true }, wrong);
    assert.equal(await run(), 1, JSON.stringify(wrong));
  }
});
