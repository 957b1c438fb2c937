import type { Config } from '../config/schema.ts';
import { dlqAccess } from '../dead-letters/access.ts';
import type { PeerSettings } from '../http/peers/peer-watch.ts';
import { createHttpServer, type HttpServer } from '../http/server.ts';
import { limits } from '../http/limits.ts';
import type { HighThroughputKafkaConsumer } from '../service/high-throughput-kafka-consumer.ts';

/** Starts the HTTP server of a consumer as configured in the section `http`; the consumer must be starting. */
export async function serve(
  consumer: HighThroughputKafkaConsumer,
  port: number,
): Promise<{ server: HttpServer; url: string }> {
  const { config, logger, service } = consumer;
  const server = createHttpServer({
    host: config.http.host,
    port,
    token: config.http.token,
    page: config.http.page,
    requestsPerSecond: () => consumer.config.http.requests_per_second,
    view: service.monitor,
    control: config.kafka.enabled ? service.control : undefined,
    model: service.modelReload,
    canary: service.beside.canary,
    config: service.configReload,
    peers: () => peerSettings(consumer.config),
    dlq: config.kafka.dlq_enabled ? dlqAccess(config, limits.lettersScannedMax) : undefined,
    logger,
  });
  const { address, port: bound } = await server.start();
  logger.info('http_listening', { address, port: bound });
  return { server, url: `http://${address.includes(':') ? `[${address}]` : address}:${bound}` };
}

/** The processes of a group have the same token as a rule. */
function peerSettings({ http }: Config): PeerSettings {
  return {
    urls: http.peers ?? [],
    token: http.peers_token ?? http.token,
    caFile: http.peers_ssl_cafile,
  };
}
