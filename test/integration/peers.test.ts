/** Two processes of a group that show each other, against a real Apache Kafka. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PeerRow, PeersReport } from '../../src/http/peers/peers-report.ts';
import { workplace } from '../helpers/command.ts';
import { waitForDelivery } from '../helpers/delivery.ts';
import { freePort } from '../helpers/free-port.ts';
import { noBroker } from '../helpers/kafka-broker.ts';
import { produceAll } from '../helpers/kafka-client.ts';
import { type ServiceProcess, startService } from '../helpers/service-process.ts';

const token = 'a-token-of-some-length-0123456789';
/** The machine may be busy; what is waited for comes or does not come. */
const timeoutMs = 300_000;

test('each shows both, one that dies, and one that came back with another configuration', {
  skip: noBroker,
}, async () => {
  const { bootstrap, topics, settings, createAll } = await workplace();
  await createAll();
  const ports = [await freePort(), await freePort()] as [number, number];
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  const start = (index: number, more = {}): ServiceProcess =>
    startService({
      ...settings,
      'kafka.consumer_threads': 1,
      'kafka.group_instance_id': `member-${index}`,
      'http.port': ports[index] as number,
      'http.token': token,
      'http.peers': urls.join(','),
      ...more,
    });
  const look = async (index: number): Promise<PeersReport | undefined> => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${urls[index]}/api/v1/peers`, { headers }).catch(() => undefined);
    return response?.ok === true ? ((await response.json()) as PeersReport) : undefined;
  };
  const until = async (index: number, isSo: (report: PeersReport) => boolean): Promise<PeersReport> => {
    const process = processes[index] as ServiceProcess;
    const ended = process.exited.then(() => assert.fail(process.log()));
    ended.catch(() => undefined);
    for (;;) {
      const report = await Promise.race([look(index), ended]);
      if (report !== undefined && isSo(report)) return report;
      await sleep(100);
    }
  };
  const isReady = ({ status, figures }: PeerRow): boolean => status === 'ok' && figures?.ready === true;
  const processes = [start(0), start(1)];

  const isShared = ({ peers }: PeersReport): boolean =>
    peers.length === 2 && peers.every((row) => isReady(row) && row.figures?.partitions === 1);
  const together = await until(0, isShared);
  assert.deepEqual(
    together.peers.map(({ self, url, figures }) => [self, url, figures?.name, figures?.partitions]),
    [
      [true, urls[0], 'member-0', 1],
      [false, urls[1], 'member-1', 1],
    ],
  );
  assert.deepEqual([together.total.processes, together.total.partitions], [2, 2]);
  assert.deepEqual(together.differences, [], 'ports and identities make no difference');
  const other = await until(1, isShared);
  assert.deepEqual(
    other.peers.map(({ figures }) => figures?.instance),
    together.peers.map(({ figures }) => figures?.instance).reverse(),
  );

  let sent = 0;
  const send = async (): Promise<void> => {
    const value = JSON.stringify({ text: 'A fine day.' });
    const messages = Array.from({ length: 20 }, (_, i) => ({ value, partition: i % 2 }));
    await produceAll(bootstrap, topics.requests, messages);
    sent += messages.length;
  };
  const isBusy = ({ status, figures }: PeerRow) => status === 'ok' && (figures?.throughput_tps ?? 0) > 0;
  let busy = together;
  for (; !busy.peers.every(isBusy); busy = await until(0, () => true)) await send();
  const rates = busy.peers.map(({ figures }) => figures?.throughput_tps ?? 0);
  assert.equal(busy.total.throughput_tps, (rates[0] as number) + (rates[1] as number));
  assert.ok(busy.peers.every(({ figures }) => (figures?.processing_p99_ms ?? 0) > 0));
  const { results } = await waitForDelivery(bootstrap, topics, sent, timeoutMs);
  assert.equal(results.length, sent);

  processes[1]?.kill('SIGKILL');
  await processes[1]?.exited;
  const alone = await until(0, ({ peers }) => peers[1]?.status === 'no_answer');
  assert.equal(alone.peers[1]?.reason, 'Nothing listens there (ECONNREFUSED).');
  assert.equal(alone.peers[1]?.figures?.name, 'member-1', 'what was known last');
  assert.ok((alone.peers[1]?.age_s ?? 0) > 0);
  assert.equal(alone.total.processes, 1);

  processes[1] = start(1, { 'kafka.batch_size': 100 });
  const changed = await until(0, ({ peers }) => peers[1]?.status === 'ok');
  assert.notEqual(changed.peers[1]?.figures?.instance, together.peers[1]?.figures?.instance);
  assert.deepEqual(
    changed.differences.map(({ what, values }) => [what, values.length]),
    [['configuration', 2]],
  );
  await until(0, ({ peers }) => peers.every(isReady));

  for (const process of processes) process.kill('SIGTERM');
  for (const process of processes) {
    assert.equal(await process.exited, 0, process.log());
    assert.ok(!process.log().includes(token));
  }
});
