import type { Config } from '../config/schema.ts';
import { KeyringSource } from '../crypto/keyring-source.ts';
import type { Logger } from '../log.ts';

/** The keyring of the configuration, watched; undefined when there is none. KS_KEYRING_INVALID. */
export function openKeyring({ encryption }: Config, logger: Logger): KeyringSource | undefined {
  if (encryption.keyring === undefined) return undefined;
  const source = new KeyringSource({
    keyring: encryption.keyring,
    activeId: encryption.active_key,
    onChange: (keyring, error) => {
      if (error === undefined) logger.info('keyring_loaded', { keys: keyring.size });
      else logger.error('keyring_rejected', { keys: keyring.size }, error);
    },
  });
  logger.info('keyring_loaded', { keys: source.current.size });
  if (source.exposedPath !== undefined) logger.warn('keyring_exposed', { path: source.exposedPath });
  return source;
}
