/** Certificates for the tests, created with the openssl command on every run, valid for a few days at most. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Why certificates cannot be created here, or false. */
export const noOpenssl: string | false =
  spawnSync('openssl', ['version']).status === 0 ? false : 'openssl is not installed';

export interface Certificate {
  /** PEM files. */
  readonly certificate: string;
  readonly key: string;
  /** Key and chain in one file, as Kafka's PEM key store requires. */
  readonly store: string;
}

export interface Authority {
  readonly certificate: string;
  /** `names` as in subjectAltName: `IP:127.0.0.1`, `DNS:example.org`. */
  issue(name: string, names: string, options?: { readonly expired?: boolean }): Certificate;
}

/** A new certificate authority in `folder`. */
export function makeAuthority(folder: string, name: string): Authority {
  const path = (file: string): string => join(folder, file);
  const [certificate, key] = [path(`${name}.pem`), path(`${name}.key`)];
  openssl('req', '-x509', ...newKey(key), '-days', '2', '-subj', `/CN=${name}`, '-out', certificate);
  return {
    certificate,
    issue: (leaf, names, { expired = false } = {}) => {
      const files = {
        certificate: path(`${leaf}.pem`),
        key: path(`${leaf}.key`),
        store: path(`${leaf}.store`),
      };
      const [request, extensions] = [path(`${leaf}.csr`), path(`${leaf}.ext`)];
      writeFileSync(extensions, `subjectAltName=${names}\n`);
      openssl('req', ...newKey(files.key), '-subj', `/CN=${leaf}`, '-out', request);
      const signed = ['-CA', certificate, '-CAkey', key, '-CAcreateserial', '-extfile', extensions];
      const days = expired ? ['-days', '-1'] : ['-days', '2'];
      openssl('x509', '-req', '-in', request, ...signed, ...days, '-out', files.certificate);
      const chain = [files.key, files.certificate, certificate].map((file) => readFileSync(file, 'utf8'));
      writeFileSync(files.store, chain.join(''));
      return files;
    },
  };
}

/** In PKCS #8, the only format that Kafka reads. */
function newKey(path: string): string[] {
  return ['-newkey', 'rsa:2048', '-nodes', '-keyout', path];
}

function openssl(...args: string[]): void {
  const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl ${args[0]} failed:\n${stderr}`);
}
