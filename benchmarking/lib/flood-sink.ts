/** For a flood that nobody answers: takes connections, reads nothing, lets each wait. Tells its parent its port. */
import { type AddressInfo, createServer } from 'node:net';
import { limits } from '../../src/http/limits.ts';

const server = createServer({ pauseOnConnect: true }, (socket) => {
  socket.on('error', () => undefined);
  setTimeout(() => socket.destroy(), limits.throttleDelayMs);
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
