/**
 * What `promise` resolves to, or what `onTimeout` returns after `timeoutMs`; `onTimeout` may also throw. The promise
 * itself cannot be cancelled; after a timeout its result is ignored.
 */
export async function withTimeout<T, U>(
  promise: Promise<T>,
  timeoutMs: number,
  onTimeout: () => U,
): Promise<T | U> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<U>((resolve, reject) => {
    timer = setTimeout(() => {
      try {
        resolve(onTimeout());
      } catch (error) {
        reject(error);
      }
    }, timeoutMs);
  });
  try {
    return await Promise.race([promise, expired]);
  } finally {
    clearTimeout(timer);
  }
}
