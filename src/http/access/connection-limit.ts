import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface ConnectionLimits {
  readonly connectionsMax: number;
  readonly pipelinedMax: number;
  /** Whether all that the client waits for is to be told that it asks too often. */
  readonly isDelayed?: (socket: Socket) => boolean;
}

interface Connection {
  /** Requests without a response yet. */
  pending: number;
  lastRequest: IncomingMessage | undefined;
}

/**
 * Bounds the number of connections without locking anybody out: at the limit, the least recently used connection that
 * is idle, still sending its request or delayed by the rate limit is closed for the new one. Thousands of idle
 * connections, clients that never finish a request, or a flood of requests therefore cannot keep a probe from being
 * answered.
 */
export function limitConnections(
  server: Server,
  { connectionsMax, pipelinedMax, isDelayed = () => false }: ConnectionLimits,
): void {
  /** In order of last use. */
  const connections = new Map<Socket, Connection>();

  const touch = (socket: Socket, connection: Connection): void => {
    connections.delete(socket);
    connections.set(socket, connection);
  };

  server.on('connection', (socket: Socket) => {
    if (connections.size >= connectionsMax && !evictOne(connections, isDelayed)) {
      socket.destroy();
      return;
    }
    connections.set(socket, { pending: 0, lastRequest: undefined });
    socket.once('close', () => connections.delete(socket));
  });

  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    const connection = connections.get(socket);
    if (connection === undefined) return;
    connection.pending++;
    connection.lastRequest = request;
    if (connection.pending > pipelinedMax) socket.destroy();
    else touch(socket, connection);
    response.once('close', () => {
      connection.pending--;
      if (connections.has(socket)) touch(socket, connection);
    });
  });
}

/** False when every connection is waiting for a response. */
function evictOne(connections: Map<Socket, Connection>, isDelayed: (socket: Socket) => boolean): boolean {
  for (const [socket, { pending, lastRequest }] of connections) {
    if (pending > 0 && lastRequest?.complete === true && !isDelayed(socket)) continue;
    connections.delete(socket);
    socket.destroy();
    return true;
  }
  return false;
}
