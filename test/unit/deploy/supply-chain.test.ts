/** What is not ours is named by what it is, not by a name that can be moved; what we say of it is true. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { root } from '../../helpers/paths.ts';

interface Job {
  readonly uses?: string;
  readonly container?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps?: readonly { readonly uses?: string; readonly run?: string }[];
}
interface Workflow {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const folder = join(root, '.github/workflows');
const workflows = readdirSync(folder).map((name) => {
  const text = readFileSync(join(folder, name), 'utf8');
  return { ...(parse(text) as Workflow), name, text };
});
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
/** It checks its own name, and refuses to run under a hash. */
const slsaGenerator = /^slsa-framework\/slsa-github-generator\/\.github\/workflows\/\w+\.yml@v\d+\.\d+\.\d+$/;
const digest = /@sha256:[0-9a-f]{64}$/;

test('actions are pinned by the hash of a commit, with their version beside it, and the same everywhere', () => {
  const pins = new Map<string, string>();
  for (const { name, text, jobs } of workflows) {
    const used = Object.values(jobs).flatMap(({ uses, steps = [] }) => [
      uses,
      ...steps.map((step) => step.uses),
    ]);
    for (const action of used.filter((one) => one !== undefined && !slsaGenerator.test(one))) {
      const [, path = '', hash = ''] = /^([\w./-]+)@([0-9a-f]{40})$/.exec(action as string) ?? [];
      assert.notEqual(hash, '', `${name}: ${action}`);
      const version = new RegExp(`${hash} # (v\\d+\\.\\d+\\.\\d+)$`, 'm').exec(text)?.[1];
      assert.ok(version, `${name}: ${action} has no version beside it`);
      assert.equal(pins.get(path) ?? `${hash} ${version}`, `${hash} ${version}`, path);
      pins.set(path, `${hash} ${version}`);
    }
  }
  assert.ok(pins.size > 10);
});

test('base images are pinned by digest', () => {
  const dockerfile = readFileSync(join(root, 'docker/Dockerfile'), 'utf8');
  const defaults = new Map(
    [...dockerfile.matchAll(/^ARG (\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
  );
  const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(
    ([, image = '']) => defaults.get(/^\$\{(\w+)\}$/.exec(image)?.[1]) ?? image,
  );
  assert.equal(bases.length, 2);
  for (const image of bases) if (image !== 'scratch') assert.match(image, digest);
  // The one that is asked for, the one that `check:image` builds in, and what a reader sees are the same.
  const built = /nodeVersion = '([\d.]+)'/.exec(
    readFileSync(join(root, 'scripts/lib/image-build.mjs'), 'utf8'),
  )?.[1];
  assert.ok(bases[0]?.startsWith(`node:${built}-`), `${bases[0]} ${built}`);
  for (const { name, jobs } of workflows) {
    for (const { container } of Object.values(jobs))
      if (container !== undefined) assert.match(container, digest, name);
  }
});

test('a workflow may only read, but for jobs that say what else they may do', () => {
  for (const { name, permissions, jobs } of workflows) {
    assert.deepEqual(permissions, { contents: 'read' }, name);
    for (const [job, { permissions: more = {} }] of Object.entries(jobs)) {
      const writing = Object.keys(more).filter((right) => more[right] === 'write');
      assert.ok(writing.length === 0 || /^(release|scorecard)\.yml$/.test(name), `${name}: ${job}`);
      for (const right of writing) assert.match(right, /^(id-token|packages|contents)$/, `${name}: ${job}`);
    }
  }
});

test('every script that a workflow starts is there', () => {
  const commands = workflows.flatMap(({ text }) => text.split('\n'));
  const started = commands.flatMap((line) => [
    ...[...line.matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(([, name]) => `npm ${name}`),
    ...[...line.matchAll(/node (scripts\/[\w/-]+\.mjs)/g)].map(([, path]) => path as string),
  ]);
  assert.ok(started.length > 15);
  const missing = started.filter((one) =>
    one.startsWith('npm ') ? scripts[one.slice(4)] === undefined : !existsSync(join(root, one)),
  );
  assert.deepEqual(missing, []);
});

test('what is pinned is kept current', () => {
  const { updates } = parse(readFileSync(join(root, '.github/dependabot.yml'), 'utf8'));
  const watched = updates.map(
    (one: Record<string, string>) => `${one['package-ecosystem']} ${one['directory']}`,
  );
  assert.deepEqual(watched, ['github-actions /', 'docker /docker', 'npm /']);
});

interface Statement {
  readonly vulnerability: { readonly name: string };
  readonly status: string;
  readonly justification: string;
  readonly impact_statement: string;
  readonly products: readonly {
    readonly '@id': string;
    readonly subcomponents: readonly { readonly '@id': string }[];
  }[];
}
const vex = JSON.parse(readFileSync(join(root, 'security/kubesentiment.openvex.json'), 'utf8'));

test('statements on vulnerabilities have the form of OpenVEX, and speak of parts that are in the bill', async () => {
  assert.equal(vex['@context'], 'https://openvex.dev/ns/v0.2.0');
  for (const key of ['@id', 'author', 'timestamp', 'version']) assert.ok(vex[key], key);
  const parts = await import(join(root, 'scripts/lib/native-parts.mjs'));
  const bundled = parts.nativeComponents(root).map(({ purl }: { purl: string }) => purl);
  for (const {
    vulnerability,
    status,
    justification,
    impact_statement,
    products,
  } of vex.statements as Statement[]) {
    assert.match(vulnerability.name, /^CVE-\d{4}-\d{4,}$/);
    assert.equal(status, 'not_affected', 'anything else is to be mended, not explained');
    assert.match(justification, /^vulnerable_code_(not_present|not_in_execute_path)$/);
    assert.ok(impact_statement.length > 40);
    for (const { '@id': product, subcomponents } of products) {
      assert.match(product, /^pkg:(npm|oci)\/kubesentiment$/);
      for (const { '@id': part } of subcomponents) {
        assert.ok(
          bundled.includes(part) || part.startsWith('pkg:generic/zlib@'),
          `${part} is not in ${bundled}`,
        );
      }
    }
  }
});

test('librdkafka calls nothing of cJSON but cJSON_InitHooks, unless it is compiled with libcurl', () => {
  const sources = join(root, 'node_modules/node-rdkafka/deps/librdkafka/src');
  const read = (name: string): string => readFileSync(join(sources, name), 'utf8');
  const makefile = read('Makefile');
  const users = readdirSync(sources).filter((name) => name.endsWith('.c') && name !== 'cJSON.c');
  for (const name of users) {
    const calls = new Set([...read(name).matchAll(/\b(cJSON_\w+)\s*\(/g)].map(([, call]) => call));
    calls.delete('cJSON_InitHooks');
    if (calls.size === 0) continue;
    assert.match(
      makefile,
      new RegExp(`SRCS_\\$\\(WITH_(CURL|OAUTHBEARER_OIDC)\\) \\+= ${name.replace('.', '\\.')}`),
      name,
    );
  }
  assert.ok(!existsSync(join(sources, 'cJSON_Utils.c')));
  // Neither the image nor the package is compiled with it.
  assert.doesNotMatch(readFileSync(join(root, 'docker/Dockerfile'), 'utf8'), /curl/);
  assert.match(readFileSync(join(root, 'scripts/lib/librdkafka-build.mjs'), 'utf8'), /--disable-curl/);
});
