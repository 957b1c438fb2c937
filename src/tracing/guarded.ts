/**
 * The same call, which never throws: a tracer, perhaps one of the host program, must not end what it observes. Returns
 * undefined when it has failed.
 */
export function guarded<A extends unknown[], R>(
  call: (...args: A) => R,
  onFault: (error: unknown) => void,
): (...args: A) => R | undefined {
  return (...args) => {
    try {
      return call(...args);
    } catch (error) {
      onFault(error);
      return undefined;
    }
  };
}
