import { type ErrorCode, KubesentimentError } from '../errors.ts';

/**
 * A watchdog around a call that can hang in librdkafka. The call itself cannot be ended; what matters
 * is that the caller goes on. Rejects with KS_KAFKA_FATAL, since the state of the client is unknown, or
 * with `code` where the call may be made again.
 */
export async function withDeadline<T>(
  call: Promise<T>,
  timeoutMs: number,
  doing: string,
  code: ErrorCode = 'KS_KAFKA_FATAL',
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new KubesentimentError(code, `${doing} did not return within ${timeoutMs} ms.`));
    }, timeoutMs);
  });
  try {
    return await Promise.race([call, expired]);
  } finally {
    clearTimeout(timer);
  }
}
