import type { Config, KeyName } from '../schema.ts';

/** A combination of keys that cannot work or, as a warning, that is probably a mistake. */
export interface Rule {
  /** The keys it is about. The problem is reported at the first of them that was set. */
  readonly keys: readonly [KeyName, ...KeyName[]];
  readonly isWarning?: boolean;
  /** It is about the requests of all topics together, not about those of each. */
  readonly isOfAll?: boolean;
  /** What is wrong and how to fix it, as the rest of a sentence; falsy when all is well. */
  check(config: Config, where: (key: KeyName) => string): string | false | undefined;
}
