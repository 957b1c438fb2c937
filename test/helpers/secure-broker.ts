/** A real Apache Kafka with a listener for each way to connect; PLAINTEXT is for the tests themselves. */
import { spawnSync } from 'node:child_process';
import { type Authority, type Certificate, makeAuthority } from './certificates.ts';
import { type Broker, startBroker, withRules } from './kafka-broker.ts';
import { java, kafkaClassPath, testedKafka } from './kafka-jars.ts';

/**
 * TLS: a certificate for 127.0.0.1. EXPIRED, OTHERHOST: certificates nobody should trust. MTLS: requires a client
 * certificate. LOGIN: TLS and any SASL mechanism.
 */
export type Listener = 'TLS' | 'EXPIRED' | 'OTHERHOST' | 'MTLS' | 'LOGIN';

export type ScramMechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-512';

export interface SecureBroker extends Broker {
  readonly authority: Authority;
  readonly client: Certificate;
  /** For PLAIN, fixed. */
  readonly plain: { readonly user: string; readonly password: string };
  /** Adds or changes a SCRAM user. */
  setScramPassword(user: string, password: string, mechanism?: ScramMechanism): void;
  /** Allows an operation on the resource only for this user: `User:alice`. */
  allowOnly(principal: string, operation: string, ...resource: string[]): void;
}

export async function startSecureBroker(folder: string): Promise<SecureBroker> {
  const authority = makeAuthority(folder, 'authority');
  const loopback = 'IP:127.0.0.1,DNS:localhost';
  const server = authority.issue('server', loopback);
  const stores: Record<Listener, Certificate> = {
    TLS: server,
    MTLS: server,
    LOGIN: server,
    EXPIRED: authority.issue('expired', loopback, { expired: true }),
    OTHERHOST: authority.issue('other-host', 'DNS:other.example'),
  };
  const plain = { user: 'alice', password: 'plain-password-0815' };
  const names = Object.keys(stores) as Listener[];
  const protocols = names.map((name) => `${name}:${name === 'LOGIN' ? 'SASL_SSL' : 'SSL'}`);
  const module = 'org.apache.kafka.common.security';
  const login = 'listener.name.login';
  const broker = await startBroker({
    listeners: names,
    properties: {
      'listener.security.protocol.map': ['PLAINTEXT:PLAINTEXT', 'CONTROLLER:PLAINTEXT', ...protocols].join(
        ',',
      ),
      ...Object.fromEntries(
        names.flatMap((name) => [
          [`listener.name.${name.toLowerCase()}.ssl.keystore.type`, 'PEM'],
          [`listener.name.${name.toLowerCase()}.ssl.keystore.location`, stores[name].store],
        ]),
      ),
      'listener.name.mtls.ssl.client.auth': 'required',
      'listener.name.mtls.ssl.truststore.type': 'PEM',
      'listener.name.mtls.ssl.truststore.location': authority.certificate,
      [`${login}.sasl.enabled.mechanisms`]: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
      [`${login}.plain.sasl.jaas.config`]:
        `${module}.plain.PlainLoginModule required ` + `user_${plain.user}="${plain.password}";`,
      [`${login}.scram-sha-256.sasl.jaas.config`]: `${module}.scram.ScramLoginModule required;`,
      [`${login}.scram-sha-512.sasl.jaas.config`]: `${module}.scram.ScramLoginModule required;`,
      [`${login}.oauthbearer.sasl.jaas.config`]: `${module}.oauthbearer.OAuthBearerLoginModule required ;`,
      ...withRules,
    },
  });
  const tool = (mainClass: string, ...args: string[]): void => {
    const command = ['-XX:TieredStopAtLevel=1', '-cp', kafkaClassPath(testedKafka), mainClass];
    const { status, stderr, stdout } = spawnSync(
      java,
      [...command, '--bootstrap-server', broker.bootstrapServers, ...args],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`${mainClass} failed:\n${stdout}${stderr}`);
  };
  return Object.assign(broker, {
    authority,
    client: authority.issue('client', 'DNS:client'),
    plain,
    setScramPassword: (user: string, password: string, mechanism: ScramMechanism = 'SCRAM-SHA-256') => {
      const change = ['--alter', '--entity-type', 'users', '--entity-name', user];
      tool('kafka.admin.ConfigCommand', ...change, '--add-config', `${mechanism}=[password=${password}]`);
    },
    allowOnly: (principal: string, operation: string, ...resource: string[]) => {
      const rule = ['--add', '--allow-principal', principal, '--operation', operation, ...resource];
      tool('org.apache.kafka.tools.AclCommand', ...rule);
    },
  });
}
