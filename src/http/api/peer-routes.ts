import type { FastifyInstance } from 'fastify';
import { type PeerSettings, PeerWatch } from '../peers/peer-watch.ts';
import type { ServiceView } from '../service-view.ts';
import { detailsOf } from './health-routes.ts';
import { peerSchemas } from './peer-schemas.ts';

export interface PeerRoutesOptions {
  readonly view: ServiceView;
  /** Asked for whenever somebody looks. */
  readonly peers: () => PeerSettings;
}

/** This process and the others of its group, as far as their addresses are configured. */
export function addPeerRoutes(app: FastifyInstance, { view, peers }: PeerRoutesOptions): void {
  const watch = new PeerWatch({ settings: peers, self: () => detailsOf(view) });
  app.addHook('preClose', async () => watch.close());
  app.get('/api/v1/peers', { schema: peerSchemas.peers }, async () => watch.look());
}
