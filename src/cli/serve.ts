import { dlqAccess } from '../dead-letters/access.ts';
import { createHttpServer, type HttpServer } from '../http/server.ts';
import { limits } from '../http/limits.ts';
import type { HighThroughputKafkaConsumer } from '../service/high-throughput-kafka-consumer.ts';

/** The HTTP server of a consumer that has begun to start, as the section `http` wants it. */
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
    requestsPerSecond: config.http.requests_per_second,
    view: service.monitor,
    dlq: config.kafka.dlq_enabled ? dlqAccess(config, limits.lettersScannedMax) : undefined,
    logger,
  });
  const { address, port: bound } = await server.start();
  logger.info('http_listening', { address, port: bound });
  return { server, url: `http://${address.includes(':') ? `[${address}]` : address}:${bound}` };
}
