import type { FastifyInstance } from 'fastify';
import type { PauseSelection } from '../../pauses.ts';
import { HttpError } from '../http-error.ts';
import type { ConsumerControl } from '../service-view.ts';
import { schemas } from './schemas.ts';

export interface ConsumerRoutesOptions {
  readonly control: ConsumerControl;
  /** Nobody can change anything over an open port. */
  readonly hasToken: boolean;
}

/** The commands `pause` and `resume` over HTTP. The answer names what is paused then. */
export function addConsumerRoutes(app: FastifyInstance, { control, hasToken }: ConsumerRoutesOptions): void {
  for (const what of ['pause', 'resume'] as const) {
    app.post<{ Body: PauseSelection }>(
      `/api/v1/consumer/${what}`,
      { schema: schemas[what] },
      async (request) => {
        if (!hasToken) throw new HttpError('HTTP_FORBIDDEN', `Set http.token to allow "${what}" over HTTP.`);
        const { topic, partition } = request.body;
        const paused = control[what]({ topic, partition });
        request.auditFields = {
          ...(topic !== undefined && { topic }),
          ...(partition !== undefined && { partition }),
          paused: paused.length,
        };
        return { paused };
      },
    );
  }
}
