/**
 * `npm run check:deploy`: checks image file, compose file, chart, manifests and workflows with the official tool for
 * each. `npm run deploy:render` (--write) re-renders the manifests. The last line is `N passed, N failed, N skipped`.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { crdFolder, goTool, pythonTool, ToolMissing } from './lib/deploy-tools.mjs';
import { root } from './lib/run.mjs';
import { packageChart } from './package-chart.mjs';

const chart = join(root, 'deploy/chart');
const valuesFiles = readdirSync(join(root, 'deploy/values')).sort();
/** Manifest → values file that it is rendered from. */
const manifests = {
  'deployment.yaml': 'plain.yaml',
  'hpa.yaml': 'hpa.yaml',
  'keda.yaml': 'keda.yaml',
  'statefulset.yaml': 'statefulset.yaml',
};
/** Values that must be rejected, and what the error must name. */
const refused = [
  [['workload=StatefulSet', 'autoscaling.enabled=true'], /autoscaling/],
  [['autoscaling.by=hope'], /by/],
  [['config.kafka.group_instance_id=one'], /group_instance_id/],
  [['config.kafka.transactional_id=one'], /transactional_id/],
  [['config.kafka.sasl_plain_password=secret'], /sasl_plain_password/],
  [['config.kafka.bootstrap_servers={kafka}'], /bootstrap_servers/],
  [['replica=5'], /replica/],
];
const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-deploy-'));
const counts = { passed: 0, failed: 0, skipped: 0 };

try {
  if (process.argv.includes('--write')) renderManifests();
  else checkAll();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function checkAll() {
  check('Dockerfile (hadolint)', () => run(pythonTool('hadolint'), ['docker/Dockerfile']));
  check('compose file (compose-go)', () => run(goTool('compose-go'), ['docker-compose.kafka.yml']));
  check('compose file (docker-compose)', () => {
    const [command, ...first] = composeCommand();
    run(command, [...first, '-f', 'docker-compose.kafka.yml', 'config', '-q']);
  });
  check('docker/prometheus.yml (promtool)', checkPrometheus);
  check('workflows (actionlint)', () => {
    const workflows = readdirSync(join(root, '.github/workflows')).map((name) => `.github/workflows/${name}`);
    run(goTool('actionlint'), ['-shellcheck=', '-pyflakes=', ...workflows]);
  });
  for (const values of [undefined, ...valuesFiles]) {
    const path = values === undefined ? [] : ['-f', join(root, 'deploy/values', values)];
    check(`helm lint ${values ?? 'with the defaults'}`, () =>
      run(goTool('helm'), ['lint', '--strict', chart, ...path]),
    );
    check(`configuration of ${values ?? 'the defaults'}`, () => checkConfiguration(render(path)));
    check(`network policy of ${values ?? 'the defaults'}`, () => checkEgress(render(path)));
  }
  check('keyring secret', () => {
    const config = configuration(render(['--set', 'secrets.keyring.name=keys']));
    if (config.encryption?.keyring !== '/run/secrets/keyring/keyring.json') throw new Error('no keyring');
  });
  check('grace period follows the drain', () => {
    const text = render(['--set', 'config.kafka.drain_timeout_ms=90500']);
    if (!text.includes('terminationGracePeriodSeconds: 141')) throw new Error('it does not');
  });
  check('scaled up: requests 8Gi, 4000m; limits 16Gi, 8000m', () => {
    const sizes = ['requests.memory=8Gi', 'requests.cpu=4000m', 'limits.memory=16Gi', 'limits.cpu=8000m'];
    const text = render(sizes.flatMap((size) => ['--set', `resources.${size}`]));
    const { resources } = objectOf(text, 'Deployment').spec.template.spec.containers[0];
    for (const size of sizes) {
      const [kind, name, value] = size.split(/[.=]/);
      if (resources[kind][name] !== value) throw new Error(`${kind} ${name} is ${resources[kind][name]}`);
    }
  });
  check('pods that show each other: found by a name of their own, let through, and scraped once', checkPeers);
  check('the image is that of the chart, unless it is told another', checkImage);
  check("identity, priority, containers, volumes and variables of one's own", checkExtras);
  check('the packed chart is complete, and installs the published image', checkPackedChart);
  for (const [settings, names] of refused)
    check(`refused: ${settings.join(', ')}`, () => checkRefusal(settings, names));
  for (const [name, values] of Object.entries(manifests)) {
    check(`deploy/manifests/${name} is what the chart renders`, () => {
      if (readFileSync(join(root, 'deploy/manifests', name), 'utf8') !== manifest(values)) {
        throw new Error('run `npm run deploy:render`');
      }
    });
  }
  check('every object against its schema', checkSchemas);
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  process.exitCode = counts.failed > 0 ? 1 : 0;
}

function check(name, verify) {
  try {
    verify();
    counts.passed++;
    console.log(`✓ ${name}`);
  } catch (error) {
    const isMissing = error instanceof ToolMissing;
    counts[isMissing ? 'skipped' : 'failed']++;
    console.log(`${isMissing ? '- skipped:' : '✗'} ${name}: ${error.message}`);
  }
}

function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`exit code ${status}\n${stdout}${stderr}`.trim());
  return stdout;
}

/** With the rules at their path here, not at their mount point. */
function checkPrometheus() {
  if (spawnSync('promtool', ['--version']).status !== 0) throw new ToolMissing('no promtool');
  const text = readFileSync(join(root, 'docker/prometheus.yml'), 'utf8');
  const path = join(folder, 'prometheus.yml');
  writeFileSync(
    path,
    text.replace('/etc/prometheus/rules.yml', join(root, 'monitoring/prometheus/rules.yml')),
  );
  run('promtool', ['check', 'config', path]);
}

function composeCommand() {
  const kinds = [['docker-compose'], ['docker', 'compose']];
  const found = kinds.find(([command, ...first]) => spawnSync(command, [...first, 'version']).status === 0);
  if (found === undefined) throw new ToolMissing('no docker-compose and no docker compose');
  return found;
}

/** The names of the original deployment, so `kubectl scale deployment kubesentiment-kafka …` finds it. */
function render(args) {
  const fixed = ['template', 'kubesentiment-kafka', chart, '-n', 'default', '--kube-version', '1.31.0'];
  return run(goTool('helm'), [...fixed, ...args]);
}

function manifest(values) {
  // For an image built here. Nothing runs tests of plain manifests.
  const text = render([
    '-f',
    join(root, 'deploy/values', values),
    '--set',
    'image.tag=latest',
    '--skip-tests',
  ]);
  return `# Made from deploy/chart with deploy/values/${values} by \`npm run deploy:render\`; do not edit.\n${text}`;
}

function renderManifests() {
  for (const [name, values] of Object.entries(manifests)) {
    writeFileSync(join(root, 'deploy/manifests', name), manifest(values));
    console.log(`deploy/manifests/${name}`);
  }
}

/** The first object of that kind in rendered text. */
function objectOf(text, kind) {
  const objects = parseAllDocuments(text).map((document) => document.toJS());
  return objects.find((one) => one?.kind === kind);
}

/** What the pod reads, from the rendered ConfigMap. */
function configuration(text) {
  const objects = parseAllDocuments(text).map((document) => document.toJS());
  return parse(objects.find((one) => one?.kind === 'ConfigMap' && one.data['kafka.yaml']).data['kafka.yaml']);
}

/** The network policy must allow traffic to the brokers and the token endpoint. */
function checkEgress(text) {
  const { spec } = objectOf(text, 'NetworkPolicy');
  const open = spec.egress.flatMap(({ ports }) => ports.map(({ protocol, port }) => `${protocol} ${port}`));
  const { bootstrap_servers: brokers, sasl_oauth_token_endpoint_url: endpoint } = configuration(text).kafka;
  const needed = brokers.map((server) => server.split(':').at(-1));
  if (endpoint !== undefined) needed.push(new URL(endpoint).port || '443');
  for (const port of needed)
    if (!open.includes(`TCP ${port}`)) throw new Error(`port ${port} is not reachable`);
}

/** Has the service itself read it, with files in place of the secrets. */
function checkConfiguration(text) {
  const secrets = join(folder, 'secrets');
  const json = JSON.stringify(configuration(text));
  for (const [, path] of json.matchAll(/\/run\/secrets\/([\w./-]+)/g)) {
    mkdirSync(join(secrets, path, '..'), { recursive: true });
    writeFileSync(join(secrets, path), 'a-placeholder-of-some-length');
  }
  const path = join(folder, 'kafka.yaml');
  writeFileSync(path, json.replaceAll('/run/secrets', secrets));
  run(process.execPath, ['bin/kubesentiment.cjs', 'config', 'check', '--config', path]);
}

function checkRefusal(settings, names) {
  const args = ['template', 'x', chart, '--kube-version', '1.31.0'];
  for (const setting of settings) args.push('--set', setting);
  const { status, stderr } = spawnSync(goTool('helm'), args, { encoding: 'utf8' });
  if (status === 0) throw new Error('it was rendered');
  if (!names.test(stderr)) throw new Error(`rejected for another reason: ${stderr}`);
}

function checkPeers() {
  const text = render([
    '--set',
    'peers.enabled=true',
    '--set',
    'http.port=9000',
    '--set',
    'monitoring.serviceMonitor=true',
  ]);
  const objects = parseAllDocuments(text).map((document) => document.toJS());
  const services = objects.filter((one) => one?.kind === 'Service');
  const peers = services.find(({ spec }) => spec.publishNotReadyAddresses);
  assert.deepEqual(configuration(text).http.peers, [`http://${peers.metadata.name}:9000`]);
  assert.equal(peers.spec.clusterIP, 'None');
  const { matchLabels } = objectOf(text, 'ServiceMonitor').spec.selector;
  const scraped = services.filter(({ metadata: { labels } }) =>
    Object.entries(matchLabels).every(([name, value]) => labels[name] === value),
  );
  assert.deepEqual(scraped.length, 1);
  const { podSelector, ingress, egress } = objectOf(text, 'NetworkPolicy').spec;
  assert.deepEqual(peers.spec.selector, podSelector.matchLabels);
  for (const others of [ingress[0].from, egress.flatMap(({ to = [] }) => to)])
    assert.ok(others.some((one) => JSON.stringify(one.podSelector) === JSON.stringify(podSelector)));
  assert.equal(configuration(render([])).http.peers, undefined);
}

function checkImage() {
  const { version } = parse(readFileSync(join(chart, 'Chart.yaml'), 'utf8'));
  const digest = `sha256:${'0'.repeat(64)}`;
  const expected = [
    [[], `kubesentiment:${version}`],
    [['--set', 'image.tag=1.2.3'], 'kubesentiment:1.2.3'],
    [['--set', `image.digest=${digest}`], `kubesentiment@${digest}`],
  ];
  for (const [args, wanted] of expected) {
    const text = render(args);
    for (const { spec } of [objectOf(text, 'Deployment').spec.template, objectOf(text, 'Pod')])
      if (spec.containers[0].image !== wanted) throw new Error(`${spec.containers[0].image}, not ${wanted}`);
  }
}

/** Everything in the values file reaches the pod, beside what the service needs itself. */
function checkExtras() {
  const path = join(root, 'deploy/values/extras.yaml');
  const values = parse(readFileSync(path, 'utf8'));
  const text = render(['-f', path]);
  const { spec } = objectOf(text, 'Deployment').spec.template;
  const account = objectOf(text, 'ServiceAccount');
  const [service, ...others] = spec.containers;
  const pairs = [
    [account.metadata.annotations, values.serviceAccount.annotations],
    [spec.serviceAccountName, account.metadata.name],
    [spec.priorityClassName, values.priorityClassName],
    [others, values.extraContainers],
    [spec.initContainers, values.extraInitContainers],
    [service.envFrom, values.extraEnvFrom],
    [service.env.slice(-values.extraEnv.length), values.extraEnv],
    [service.volumeMounts.slice(-1), values.extraVolumeMounts],
    [spec.volumes.slice(-1), values.extraVolumes],
  ];
  for (const [found, wanted] of pairs) assert.deepEqual(found, wanted);
  assert.equal(spec.automountServiceAccountToken, false);
  const without = render(['--set', 'serviceAccount.create=false']);
  assert.equal(objectOf(without, 'ServiceAccount'), undefined);
  assert.equal(objectOf(without, 'Deployment').spec.template.spec.serviceAccountName, 'default');
}

function checkPackedChart() {
  const packed = packageChart({ folder: join(folder, 'chart'), image: 'ghcr.io/owner/name' });
  run(goTool('helm'), ['lint', '--strict', packed]);
  const on = ['serviceMonitor', 'prometheusRule', 'dashboard'].flatMap((one) => [
    '--set',
    `monitoring.${one}=true`,
  ]);
  const text = run(goTool('helm'), ['template', 'x', packed, '--kube-version', '1.31.0', ...on]);
  const { appVersion } = parse(run(goTool('helm'), ['show', 'chart', packed]));
  const [{ image }] = objectOf(text, 'Deployment').spec.template.spec.containers;
  assert.equal(image, `ghcr.io/owner/name:${appVersion}`);
  assert.ok(objectOf(text, 'PrometheusRule').spec.groups.length > 0);
  assert.match(run(goTool('helm'), ['show', 'readme', packed]), /^# kubesentiment/);
}

function checkSchemas() {
  const python = pythonTool('python');
  const paths = Object.keys(manifests).map((name) => join(root, 'deploy/manifests', name));
  for (const values of valuesFiles) {
    const path = join(folder, basename(values));
    writeFileSync(path, render(['-f', join(root, 'deploy/values', values)]));
    paths.push(path);
  }
  const script = join(root, 'scripts/lib/validate-manifests.py');
  console.log(execFileSync(python, [script, crdFolder(), ...paths], { encoding: 'utf8' }).trim());
}
