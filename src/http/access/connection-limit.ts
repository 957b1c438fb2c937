import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface ConnectionLimits {
  readonly connectionsMax: number;
  readonly pipelinedMax: number;
}

interface Connection {
  /** Requests without a response yet. */
  pending: number;
  lastRequest: IncomingMessage | undefined;
}

/**
 * Bounds the number of connections without locking anybody out: at the limit, the least recently used connection that
 * is idle or still sending its request is closed for the new one. Thousands of idle connections, or clients that never
 * finish a request, therefore cannot keep a probe from being answered.
 */
export function limitConnections(server: Server, { connectionsMax, pipelinedMax }: ConnectionLimits): void {
  /** In order of last use. */
  const connections = new Map<Socket, Connection>();

  const touch = (socket: Socket, connection: Connection): void => {
    connections.delete(socket);
    connections.set(socket, connection);
  };

  server.on('connection', (socket: Socket) => {
    if (connections.size >= connectionsMax && !evictOne(connections)) {
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
function evictOne(connections: Map<Socket, Connection>): boolean {
  for (const [socket, { pending, lastRequest }] of connections) {
    if (pending > 0 && lastRequest?.complete === true) continue;
    connections.delete(socket);
    socket.destroy();
    return true;
  }
  return false;
}
