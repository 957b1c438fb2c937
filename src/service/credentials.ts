import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { LoadedConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { kafkaSecurity } from '../config/schema/kafka-security.ts';
import { KubesentimentError } from '../errors.ts';

type Kafka = Config['kafka'];
const keys = Object.keys(kafkaSecurity) as (keyof typeof kafkaSecurity)[];

/** The files behind our certificates and passwords. */
export function credentialFiles({ config, files }: Pick<LoadedConfig, 'config' | 'files'>): string[] {
  const { ssl_cafile, ssl_certfile, ssl_keyfile } = config.kafka;
  const secrets = files
    .filter(({ key }) => keys.some((ours) => key === `kafka.${ours}`))
    .map(({ path }) => path);
  return [ssl_cafile, ssl_certfile, ssl_keyfile, ...secrets].filter((file) => file !== undefined);
}

/** `config` with the certificates and passwords of `newer`; everything else stays until the next start. */
export function withCredentials(config: Config, newer: Config): Config {
  const renewed = Object.fromEntries(keys.map((key) => [key, newer.kafka[key]]));
  return { ...config, kafka: { ...config.kafka, ...renewed } };
}

/** KS_CONFIG_INVALID if the files cannot be read or do not match, for example while they are being replaced. */
export function checkCertificates({ ssl_cafile, ssl_certfile, ssl_keyfile, ssl_password }: Kafka): void {
  const read = (file: string | undefined): Buffer | undefined =>
    file === undefined ? undefined : readFileSync(file);
  try {
    createSecureContext({
      ca: read(ssl_cafile),
      cert: read(ssl_certfile),
      key: read(ssl_keyfile),
      passphrase: ssl_password,
    });
  } catch (cause) {
    throw new KubesentimentError(
      'KS_CONFIG_INVALID',
      `The certificates cannot be used: ${(cause as Error).message}.`,
      {
        remedy: 'Check ssl_cafile, ssl_certfile and ssl_keyfile; they are reloaded when they change.',
        cause,
      },
    );
  }
}

/** Keys whose content comes from files that are watched: a change is taken up without being asked for. */
export function watchedKeys({ files }: Pick<LoadedConfig, 'files'>): ReadonlySet<string> {
  const ours = new Set<string>(keys.map((key) => `kafka.${key}`));
  return new Set(files.map(({ key }) => key).filter((key) => ours.has(key)));
}
