/** deploy/manifests: what schemas do not know. That they are what the chart renders, `npm run check:deploy` checks. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { metricDefinitions } from '../../../src/metrics/definitions.ts';
import { root } from '../../helpers/paths.ts';
import { ourBehaviour } from '../scaling/autoscaler.ts';

/** Objects of Kubernetes, whose shapes the schemas check. */
// biome-ignore lint/suspicious/noExplicitAny: as deep and as open as their schemas.
type Manifest = any;

const folder = join(root, 'deploy/manifests');
const files = readdirSync(folder).map((name) => {
  // Kubernetes reads YAML 1.1, in which 0440 is octal.
  const documents = parseAllDocuments(readFileSync(join(folder, name), 'utf8'), { version: '1.1' });
  const objects: Manifest[] = documents.map((one) => one.toJS()).filter((one) => one !== null);
  const find = (kind: string): Manifest => objects.find((one) => one.kind === kind);
  const workload = find('Deployment') ?? find('StatefulSet');
  const config = parse(find('ConfigMap').data['kafka.yaml']);
  return { name, objects, find, workload, pod: workload.spec.template.spec, config };
});

test('one way to scale each: a Deployment by hand, by KEDA or by a plain autoscaler, a StatefulSet by hand', () => {
  for (const { name, find, workload } of files) {
    const scaler = find('ScaledObject') ?? find('HorizontalPodAutoscaler');
    assert.equal(workload.spec.replicas === undefined, scaler !== undefined, name);
    if (scaler) assert.equal(workload.kind, 'Deployment', name);
    const variables = workload.spec.template.spec.containers[0].env.map((one: { name: string }) => one.name);
    const isStatic = variables.includes('KAFKA_GROUP_INSTANCE_ID');
    assert.equal(isStatic, workload.kind === 'StatefulSet', name);
  }
});

test('autoscalers go by a metric that there is, one pod for each', () => {
  const named = (name: string) => files.find((file) => file.name === name);
  const [trigger] = named('keda.yaml')?.find('ScaledObject').spec.triggers ?? [];
  const { query, threshold } = trigger.metadata;
  assert.equal(query, 'sum(kafka_desired_replicas{consumer_group="kubesentiment_consumer"})');
  const [metric] = named('hpa.yaml')?.find('HorizontalPodAutoscaler').spec.metrics ?? [];
  assert.deepEqual([threshold, metric.pods.target.averageValue], ['1', '1']);
  for (const name of ['kafka_desired_replicas', metric.pods.metric.name])
    assert.ok(
      metricDefinitions.some((definition) => definition.name === name),
      name,
    );
});

test('the simulated autoscaler behaves as those of the manifests do', () => {
  for (const { find } of files) {
    const keda = find('ScaledObject')?.spec.advanced.horizontalPodAutoscalerConfig.behavior;
    const behavior = find('HorizontalPodAutoscaler')?.spec.behavior ?? keda;
    if (behavior === undefined) continue;
    const { downStabilizationS, downShare, downPeriodS, upShare, upPeriodS } = ourBehaviour;
    assert.deepEqual(behavior, {
      scaleUp: {
        stabilizationWindowSeconds: 0,
        policies: [{ type: 'Percent', value: 100 * upShare, periodSeconds: upPeriodS }],
      },
      scaleDown: {
        stabilizationWindowSeconds: downStabilizationS,
        policies: [{ type: 'Percent', value: 100 * downShare, periodSeconds: downPeriodS }],
      },
    });
  }
});

test('everything selects the pods by the labels they have', () => {
  for (const { name, find, workload } of files) {
    const { labels } = workload.spec.template.metadata;
    const selectors = [
      workload.spec.selector.matchLabels,
      find('Service').spec.selector,
      find('PodDisruptionBudget').spec.selector.matchLabels,
      find('NetworkPolicy').spec.podSelector.matchLabels,
      ...workload.spec.template.spec.topologySpreadConstraints.map(
        (one: Manifest) => one.labelSelector.matchLabels,
      ),
    ];
    for (const selector of selectors) {
      assert.ok(Object.keys(selector).length > 0, name);
      assert.deepEqual({ ...labels, ...selector }, labels, name);
    }
  }
});

test('probes ask for paths that there are, on the port that is served', () => {
  const { paths } = JSON.parse(readFileSync(join(root, 'docs/openapi.json'), 'utf8'));
  for (const { name, pod, config } of files) {
    const [container] = pod.containers;
    for (const kind of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
      const { path, port } = container[kind].httpGet;
      assert.ok(paths[path]?.get, `${name}: ${kind} ${path}`);
      const { containerPort } = container.ports.find((one: { name: string }) => one.name === port);
      assert.equal(containerPort, config.http.port);
    }
    assert.notEqual(container.livenessProbe.httpGet.path, container.readinessProbe.httpGet.path);
  }
});

test('a pod has the time to drain, and not all may be away at once', () => {
  for (const { name, find, pod, config } of files) {
    const drainS = config.kafka.drain_timeout_ms / 1000;
    assert.equal(pod.terminationGracePeriodSeconds, drainS + 50, name);
    const { minAvailable, maxUnavailable } = find('PodDisruptionBudget').spec;
    assert.deepEqual([minAvailable, maxUnavailable], [undefined, 1], name);
  }
});

test('a pod is not root, cannot become it, and writes to /tmp only', () => {
  for (const { name, pod } of files) {
    assert.equal(pod.automountServiceAccountToken, false, name);
    assert.equal(pod.securityContext.runAsNonRoot, true, name);
    assert.equal(pod.securityContext.seccompProfile.type, 'RuntimeDefault', name);
    for (const { securityContext, volumeMounts } of pod.containers) {
      assert.deepEqual(securityContext, {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      const writable = volumeMounts.filter((mount: Manifest) => mount.readOnly !== true);
      assert.deepEqual(
        writable.map((mount: Manifest) => mount.mountPath),
        ['/tmp'],
      );
    }
  }
});

test('what the network policy lets out reaches the brokers', () => {
  for (const { name, find, config } of files) {
    const ports = find('NetworkPolicy').spec.egress.flatMap((rule: Manifest) => rule.ports);
    const open = ports.map((one: Manifest) => `${one.protocol} ${one.port}`);
    const brokers = config.kafka.bootstrap_servers.map((server: string) => `TCP ${server.split(':').at(-1)}`);
    for (const needed of ['UDP 53', 'TCP 53', ...brokers])
      assert.ok(open.includes(needed), `${name}: ${needed}`);
  }
});

test('no secret is in them: they are named, and mounted as files', () => {
  for (const { name, find, pod, config } of files) {
    assert.equal(find('Secret'), undefined, name);
    assert.match(config.http.token, /^\$\{file:\/run\/secrets\/http\/token\}$/);
    const mounted = pod.volumes.filter((volume: Manifest) => volume.secret);
    for (const { secret } of mounted) assert.equal(secret.defaultMode, 0o440, name);
  }
});
