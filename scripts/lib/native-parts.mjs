/** The native libraries inside the package, which npm does not know: for the bill of materials. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where each is from, and the name by which vulnerabilities are filed. */
const origins = {
  librdkafka: {
    purl: (version) => `pkg:github/confluentinc/librdkafka@v${version}`,
    license: 'BSD-2-Clause',
  },
  onnxruntime: { purl: (version) => `pkg:github/microsoft/onnxruntime@v${version}`, license: 'MIT' },
  lz4: {
    purl: (version) => `pkg:github/lz4/lz4@v${version}`,
    license: 'BSD-2-Clause',
    cpe: 'lz4_project:lz4',
  },
  cjson: {
    purl: (version) => `pkg:github/davegamble/cjson@v${version}`,
    license: 'MIT',
    cpe: 'davegamble:cjson',
  },
  openssl: {
    purl: (version) => `pkg:generic/openssl@${version}`,
    license: 'Apache-2.0',
    cpe: 'openssl:openssl',
  },
  zlib: { purl: (version) => `pkg:generic/zlib@${version}`, license: 'Zlib', cpe: 'zlib:zlib' },
  zstd: {
    purl: (version) => `pkg:github/facebook/zstd@v${version}`,
    license: 'BSD-3-Clause',
    cpe: 'facebook:zstandard',
  },
};

/** Name → version of what librdkafka's sources bring along. */
export function bundledInLibrdkafka(rdkafka) {
  const header = (name) => readFileSync(join(rdkafka, 'deps/librdkafka/src', name), 'utf8');
  return {
    lz4: versionIn(header('lz4.h'), ['LZ4_VERSION_MAJOR', 'LZ4_VERSION_MINOR', 'LZ4_VERSION_RELEASE']),
    cjson: versionIn(header('cJSON.h'), [
      'CJSON_VERSION_MAJOR',
      'CJSON_VERSION_MINOR',
      'CJSON_VERSION_PATCH',
    ]),
  };
}

/** The version that a C header defines in parts. */
export function versionIn(header, names) {
  return names.map((name) => new RegExp(`#define ${name} +(\\d+)`).exec(header)?.[1]).join('.');
}

/**
 * CycloneDX components. `folder`: the clone. What librdkafka is linked with is known of the bindings in `prebuilds/`,
 * which a release carries; one that was compiled here uses the libraries of this machine.
 */
export function nativeComponents(folder) {
  const rdkafka = join(folder, 'node_modules/node-rdkafka');
  const version = (path, key = 'version') =>
    JSON.parse(readFileSync(join(folder, 'node_modules', path), 'utf8'))[key];
  const parts = [
    ['librdkafka', version('node-rdkafka/package.json', 'librdkafka')],
    ['onnxruntime', version('onnxruntime-node/package.json')],
    ...Object.entries(bundledInLibrdkafka(rdkafka)),
  ];
  const prebuilds = join(folder, 'prebuilds');
  for (const platform of existsSync(prebuilds) ? readdirSync(prebuilds).sort() : []) {
    const path = join(prebuilds, platform, 'rdkafka/parts.json');
    if (!existsSync(path)) continue;
    const { openssl, zlib, zstd } = JSON.parse(readFileSync(path, 'utf8'));
    parts.push(...Object.entries({ openssl, zlib, zstd }));
  }
  return [...new Set(parts.map(([name, found]) => `${name}@${found}`))].map(component);
}

function component(part) {
  const [name, version] = part.split('@');
  const { purl, license, cpe } = origins[name];
  return {
    'bom-ref': `native:${part}`,
    type: 'library',
    name,
    version,
    purl: purl(version),
    ...(cpe && { cpe: `cpe:2.3:a:${cpe}:${version}:*:*:*:*:*:*:*` }),
    licenses: [{ license: { id: license } }],
  };
}
