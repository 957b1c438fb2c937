/** The patched librdkafka as one shared library, with TLS, zstd and zlib inside: `npm run build:rdkafka`. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { firstLine, parallelBuildEnv, root, runStep, StepError } from './run.mjs';
import { remedyFor } from './remedies.mjs';
import { buildZstd, zstdSources } from './zstd.mjs';

const { config } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
/** A name of its own: under librdkafka's, a process that has loaded another node-rdkafka would get that one's. */
export const LIBRARY = `libkubesentiment-rdkafka-${config.rdkafka_patch}.so`;
/** The object of librdkafka's C++ interface. */
export const INTERFACE = 'librdkafka-cpp.o';
/** Of Debian's packages libssl-dev and zlib1g-dev. */
const systemLibraries = ['libssl.a', 'libcrypto.a', 'libz.a'];

/** Builds `work/LIBRARY` from the patched sources in `rdkafka`, unless it is there; continues what was interrupted. */
export async function buildLibrdkafka(rdkafka, work, tools) {
  const stamp = JSON.stringify({ ...partVersions(rdkafka), compiler: tools.description, commands });
  const [begun, complete] = ['begun', 'complete'].map((name) => join(work, name));
  const has = (path) => existsSync(path) && readFileSync(path, 'utf8') === stamp;
  if (has(complete)) return;
  if (!has(begun)) {
    prepareSources(rdkafka, work);
    writeFileSync(begun, stamp);
  }
  const env = { ...parallelBuildEnv, PATH: tools.path, CC: tools.cc, CXX: tools.cxx, AR: tools.ar };
  const zstd = join(work, 'zstd');
  if (!existsSync(join(zstd, 'libzstd.a'))) await buildZstd(zstd, env);
  const [ssl, crypto, zlib] = systemLibraries.map(archiveOf);
  await runStep('librdkafka for the package', ['sh', '-ec', commands], {
    note: 'compiled once, takes a few minutes',
    cwd: join(work, 'librdkafka'),
    env: {
      ...env,
      CPPFLAGS: `-I${join(work, 'include')} -ffunction-sections`,
      STATIC_LIB_libssl: ssl,
      STATIC_LIB_libcrypto: crypto,
      STATIC_LIB_zlib: zlib,
      STATIC_LIB_libzstd: join(zstd, 'libzstd.a'),
      LIBRARY: join(work, LIBRARY),
      SONAME: LIBRARY,
      INTERFACE: join(work, INTERFACE),
    },
    remedy: remedyFor,
  });
  writeFileSync(complete, stamp);
}

/** A copy of the sources, without what the build of node_modules left there, and the headers of the other parts. */
function prepareSources(rdkafka, work) {
  rmSync(work, { recursive: true, force: true });
  const include = join(work, 'include');
  mkdirSync(include, { recursive: true });
  const built = /\.(o|lo|a|d|so|so\.1|lds)$|\/(config\.(h|cache|log.*)|Makefile\.config|tests)$/;
  cpSync(join(rdkafka, 'deps/librdkafka'), join(work, 'librdkafka'), {
    recursive: true,
    filter: (path) => !built.test(path),
  });
  copyHeaders(include);
}

/**
 * Without Kerberos and libcurl, which a machine may lack; OAUTHBEARER asks for tokens in src/kafka/oauth.ts. Only
 * librdkafka's interface is visible: the names of TLS and zlib are also Node's own, which would be taken instead.
 * Its C++ interface becomes a part of each binding, so that no C++ object passes between libraries.
 */
const commands = `
  [ -e Makefile.config ] || ./configure --disable-gssapi --disable-curl --disable-lz4-ext --enable-static
  make -j"$JOBS" -C src librdkafka.a librdkafka.lds
  sed /rd_ut_coverage_check/d src/librdkafka.lds > visible.lds
  "$CC" -shared -s -o "$LIBRARY" -Wl,-soname,"$SONAME" -Wl,--version-script=visible.lds -Wl,--gc-sections \\
    -Wl,--whole-archive src/librdkafka.a -Wl,--no-whole-archive \\
    "$STATIC_LIB_libzstd" "$STATIC_LIB_libssl" "$STATIC_LIB_libcrypto" "$STATIC_LIB_zlib" -lm -ldl -lpthread -lrt
  for source in src-cpp/*.cpp; do echo "#include \\"$PWD/$source\\""; done > all.cpp
  "$CXX" -c all.cpp -o "$INTERFACE" -O2 -fPIC -std=c++20 -fvisibility=hidden -ffunction-sections -w \\
    -I. -Isrc -Isrc-cpp`;

/** What the library is made of: name → version. */
export function partVersions(rdkafka) {
  const { librdkafka, version } = JSON.parse(readFileSync(join(rdkafka, 'package.json'), 'utf8'));
  const version3 = /define OPENSSL_VERSION_STR "(.*)"/;
  return {
    'node-rdkafka': version.replace('v', ''),
    librdkafka,
    patches: config.rdkafka_patch,
    openssl: version3.exec(readHeader('openssl/opensslv.h'))?.[1],
    zlib: /define ZLIB_VERSION "(.*)"/.exec(readHeader('zlib.h'))?.[1],
    zstd: JSON.parse(readFileSync(join(root, 'node_modules/zstd-napi/package.json'), 'utf8')).version,
  };
}

/** Headers by themselves: with /usr/include among the folders, those of this machine's glibc would be taken. */
function copyHeaders(include) {
  for (const name of ['openssl', 'zlib.h', 'zconf.h']) {
    for (const folder of headerFolders()) {
      if (existsSync(join(folder, name)))
        cpSync(join(folder, name), join(include, name), { recursive: true });
    }
  }
  for (const name of ['zstd.h', 'zstd_errors.h', 'zdict.h'])
    cpSync(join(zstdSources, name), join(include, name));
}

function readHeader(name) {
  const path = headerFolders()
    .map((folder) => join(folder, name))
    .find((candidate) => existsSync(candidate));
  if (path === undefined) throw notFound(name);
  return readFileSync(path, 'utf8');
}

/** The machine's headers, and those that depend on its architecture. */
function headerFolders() {
  return ['/usr/include', join('/usr/include', firstLine('cc', ['-print-multiarch']) ?? '')];
}

function archiveOf(name) {
  const path = firstLine('cc', [`-print-file-name=${name}`]);
  if (path === undefined || path === name) throw notFound(name);
  return path;
}

const notFound = (name) =>
  new StepError(
    'librdkafka for the package',
    `${name} not found`,
    'apt-get install g++ libssl-dev zlib1g-dev',
  );
