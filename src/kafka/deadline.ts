import { type ErrorCode, KubesentimentError } from '../errors.ts';
import { withTimeout } from '../timing.ts';

/**
 * A watchdog around a call that can hang in librdkafka. The call cannot be ended; what matters is that the caller goes
 * on. Rejects with KS_KAFKA_FATAL, since the state of the client is unknown, or with `code` where the call may be made
 * again.
 */
export function withDeadline<T>(
  call: Promise<T>,
  timeoutMs: number,
  doing: string,
  code: ErrorCode = 'KS_KAFKA_FATAL',
): Promise<T> {
  return withTimeout(call, timeoutMs, (): never => {
    throw new KubesentimentError(code, `${doing} did not return within ${timeoutMs} ms.`);
  });
}
