import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Broker, startBroker } from '../helpers/kafka-broker.ts';
import { TcpProxy } from './tcp-proxy.ts';

/** A broker that the members reach through a proxy, and the harness directly. */
export interface Cluster {
  readonly broker: Broker;
  readonly proxy: TcpProxy;
  /** For the members. */
  readonly proxied: string;
  /** For the producer of the requests and for the readers. */
  readonly direct: string;
  /** Where the broker keeps the partitions. */
  readonly logDir: string;
  close(): Promise<void>;
}

export async function startCluster(): Promise<Cluster> {
  const [directPort, memberPort, controllerPort] = await freePorts(3);
  const proxy = await TcpProxy.start(memberPort as number);
  const dataDir = mkdtempSync(join(tmpdir(), 'kubesentiment-chaos-'));
  // The broker tells each client the address of the listener on which it came: members stay behind the proxy.
  const direct = `127.0.0.1:${directPort}`;
  const proxied = `127.0.0.1:${proxy.port}`;
  const broker = await startBroker({
    dataDir,
    port: directPort as number,
    properties: {
      listeners: `PLAINTEXT://${direct},MEMBERS://127.0.0.1:${memberPort},CONTROLLER://127.0.0.1:${controllerPort}`,
      'advertised.listeners': `PLAINTEXT://${direct},MEMBERS://${proxied}`,
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,MEMBERS:PLAINTEXT,CONTROLLER:PLAINTEXT',
      'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
      // There is nowhere to move the leaders to; without this an orderly stop takes a quarter of a minute.
      'controlled.shutdown.enable': 'false',
      // Transactions of the dead are ended a second after their time is up, not up to ten.
      'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000',
    },
  });
  return {
    broker,
    proxy,
    proxied,
    direct,
    logDir: join(dataDir, 'node-1/data'),
    close: async () => {
      proxy.close();
      await broker.kill();
      rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** Below the range of outgoing connections, where a client that looks for a dead broker could take its port. */
async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = 10_000 + Math.floor(Math.random() * 10_000);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen(port, '127.0.0.1', () => {
      const bound = (server.address() as AddressInfo).port;
      server.close(() => done(bound === port));
    });
  });
}
