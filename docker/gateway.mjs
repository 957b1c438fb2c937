/**
 * `node docker/gateway.mjs PORT SERVICE_PORT`: hands on what comes in on PORT to the service, which listens on
 * the loopback of the same network. The port is published on the loopback of the machine only. Requests keep
 * their Host header, by which the service refuses those of foreign web pages; only Prometheus, which knows the
 * container by another name, may read /metrics.
 */
import { createServer, request as ask } from 'node:http';

const [port, servicePort] = process.argv.slice(2).map(Number);

const server = createServer((request, response) => {
  const { method, url, headers } = request;
  const isScrape = method === 'GET' && url === '/metrics';
  const asked = ask({
    host: '127.0.0.1',
    port: servicePort,
    method,
    path: url,
    headers: isScrape ? { ...headers, host: 'localhost' } : headers,
  });
  asked.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  asked.on('error', () => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end('The service does not answer.\n');
  });
  response.on('close', () => asked.destroy());
  request.pipe(asked);
});
server.listen(port, '0.0.0.0');
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
