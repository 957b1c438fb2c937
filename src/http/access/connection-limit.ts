import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface ConnectionLimits {
  readonly connectionsMax: number;
  readonly pipelinedMax: number;
}

interface Connection {
  /** Requests without an answer. */
  pending: number;
  last: IncomingMessage | undefined;
}

/**
 * Keeps the number of connections bounded without locking anybody out: when there are too many, the one that
 * was idle or slow to send the longest is closed for the new one. So neither thousands of idle connections nor
 * clients that never finish their request keep a probe from being answered.
 */
export function limitConnections(
  server: Server,
  { connectionsMax, pipelinedMax }: ConnectionLimits,
): { readonly open: number } {
  /** The least recently used first. */
  const connections = new Map<Socket, Connection>();

  const use = (socket: Socket, connection: Connection): void => {
    connections.delete(socket);
    connections.set(socket, connection);
  };

  server.on('connection', (socket: Socket) => {
    if (connections.size >= connectionsMax && !closeOne(connections)) {
      socket.destroy();
      return;
    }
    connections.set(socket, { pending: 0, last: undefined });
    socket.once('close', () => connections.delete(socket));
  });

  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    const connection = connections.get(socket);
    if (connection === undefined) return;
    connection.pending++;
    connection.last = request;
    if (connection.pending > pipelinedMax) socket.destroy();
    else use(socket, connection);
    response.once('close', () => {
      connection.pending--;
      if (connections.has(socket)) use(socket, connection);
    });
  });

  return {
    get open() {
      return connections.size;
    },
  };
}

/** False when all of them wait for an answer of ours. */
function closeOne(connections: Map<Socket, Connection>): boolean {
  for (const [socket, { pending, last }] of connections) {
    if (pending > 0 && last?.complete === true) continue;
    connections.delete(socket);
    socket.destroy();
    return true;
  }
  return false;
}
