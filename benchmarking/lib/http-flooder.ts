/**
 * Asks as fast as it is let. Told by its parent: a port to begin with, nothing to pause. Tells how often which answer
 * came.
 */
import { type ClientRequest, request } from 'node:http';
import { connect } from 'node:net';

const CONNECTIONS = 200;
const IDLE_CONNECTIONS = 2_000;

interface Shot {
  readonly path: string;
  readonly body?: string;
}

const texts = Array.from({ length: 500 }, (_, i) => `Sentence number ${i} of a flood that nobody asked for.`);
const shots: readonly Shot[] = [
  { path: '/metrics' },
  { path: '/api/v1/predict', body: JSON.stringify({ texts }) },
  { path: '/livez' },
  { path: '/api/v1/predict', body: JSON.stringify({ text: 'x'.repeat(1_000_000) }) },
  { path: '/api/v1/kafka-metrics' },
  { path: '/api/v1/predict', body: '['.repeat(100_000) },
  { path: '/nothing/here' },
  { path: '/api/v1/predict', body: JSON.stringify({ text: 'A short one.' }) },
];

let port: number | undefined;
const answers: Record<string, number> = {};
let number = 0;
let idle = 0;

for (let i = 0; i < CONNECTIONS; i++) void shootForEver();

process.on('message', (message: { port?: number }) => {
  port = message.port;
  if (port === undefined) {
    process.send?.(answers);
    return;
  }
  for (; idle < IDLE_CONNECTIONS; idle++) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
  }
});

async function shootForEver(): Promise<void> {
  for (;;) {
    if (port === undefined) await new Promise((resolve) => setTimeout(resolve, 50));
    else await shoot(port, shots[number++ % shots.length] as Shot);
  }
}

/** On a connection of its own, as an attacker would. */
function shoot(to: number, { path, body }: Shot): Promise<void> {
  return new Promise((resolve) => {
    const end = (answer: string): void => {
      answers[answer] = (answers[answer] ?? 0) + 1;
      resolve();
    };
    const headers = { 'content-type': 'application/json' };
    const method = body === undefined ? 'GET' : 'POST';
    const outgoing: ClientRequest = request(
      { host: '127.0.0.1', port: to, path, method, headers, agent: false },
      (response) => {
        response.resume();
        response.on('close', () => end(String(response.statusCode)));
      },
    );
    outgoing.on('error', () => end('cut off'));
    outgoing.end(body);
  });
}
