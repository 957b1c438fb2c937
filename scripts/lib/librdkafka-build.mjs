/** The patched librdkafka as one shared library, with TLS, zstd and zlib inside: `npm run build:rdkafka`. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fetchDebian } from './debian.mjs';
import { bundledInLibrdkafka, versionIn } from './native-parts.mjs';
import { parallelBuildEnv, root, runStep, StepError } from './run.mjs';
import { remedyFor } from './remedies.mjs';
import { buildZstd, zstdSources } from './zstd.mjs';

const { config } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
/** A name of its own: under librdkafka's, a process that has loaded another node-rdkafka would get that one's. */
export const LIBRARY = `libkubesentiment-rdkafka-${config.rdkafka_patch}.so`;
/** The object of librdkafka's C++ interface. */
export const INTERFACE = 'librdkafka-cpp.o';
/** Debian's packages with OpenSSL and zlib, and the archives in them. */
const systemPackages = ['libssl-dev', 'zlib1g-dev'];
const systemLibraries = ['libssl.a', 'libcrypto.a', 'libz.a'];

/**
 * Builds `work/LIBRARY` from the patched sources in `rdkafka`, unless it is there; continues what was interrupted.
 * Returns what the library is made of: name → version.
 */
export async function buildLibrdkafka(rdkafka, work, tools, target) {
  const system = await systemFolders(target);
  const parts = partVersions(rdkafka, system);
  const stamp = JSON.stringify({ ...parts, compiler: tools.description, commands });
  const [begun, complete] = ['begun', 'complete'].map((name) => join(work, name));
  const has = (path) => existsSync(path) && readFileSync(path, 'utf8') === stamp;
  if (has(complete)) return parts;
  if (!has(begun)) {
    prepareSources(rdkafka, work, system);
    writeFileSync(begun, stamp);
  }
  const env = { ...parallelBuildEnv, PATH: tools.path, CC: tools.cc, CXX: tools.cxx, AR: tools.ar };
  const zstd = join(work, 'zstd');
  if (!existsSync(join(zstd, 'libzstd.a'))) await buildZstd(zstd, env);
  const [ssl, crypto, zlib] = systemLibraries.map((name) => existing(system.libraries, name));
  await runStep(`librdkafka for ${target.arch}`, ['sh', '-ec', commands], {
    note: 'compiled once, takes a few minutes',
    cwd: join(work, 'librdkafka'),
    env: {
      ...env,
      // What was compiled where is not to be found in the library.
      CPPFLAGS: `-I${join(work, 'include')} -ffunction-sections -ffile-prefix-map=${root}=.`,
      STATIC_LIB_libssl: ssl,
      STATIC_LIB_libcrypto: crypto,
      STATIC_LIB_zlib: zlib,
      STATIC_LIB_libzstd: join(zstd, 'libzstd.a'),
      LIBRARY: join(work, LIBRARY),
      SONAME: LIBRARY,
      INTERFACE: join(work, INTERFACE),
      ARCHITECTURE: target.cpu,
    },
    remedy: remedyFor,
  });
  writeFileSync(complete, stamp);
  return parts;
}

/** Where OpenSSL and zlib are: in this machine, or, for another one, in packages that are only unpacked. */
async function systemFolders(target) {
  const base = target.isHere ? '/' : await fetchDebian(target.debian, systemPackages);
  const multiarch = `${target.cpu}-linux-gnu`;
  return {
    headers: ['usr/include', `usr/include/${multiarch}`].map((folder) => join(base, folder)),
    libraries: [`usr/lib/${multiarch}`, 'usr/lib64', 'usr/lib'].map((folder) => join(base, folder)),
  };
}

/** A copy of the sources, without what the build of node_modules left there, and the headers of the other parts. */
function prepareSources(rdkafka, work, system) {
  rmSync(work, { recursive: true, force: true });
  const include = join(work, 'include');
  mkdirSync(include, { recursive: true });
  const built = /\.(o|lo|a|d|so|so\.1|lds)$|\/(config\.(h|cache|log.*)|Makefile\.config|tests)$/;
  cpSync(join(rdkafka, 'deps/librdkafka'), join(work, 'librdkafka'), {
    recursive: true,
    filter: (path) => !built.test(path),
  });
  copyHeaders(include, system);
}

/**
 * Without Kerberos and libcurl, which a machine may lack; OAUTHBEARER asks for tokens in src/kafka/oauth.ts. Only
 * librdkafka's interface is visible: the names of TLS and zlib are also Node's own, which would be taken instead.
 * Its C++ interface becomes a part of each binding, so that no C++ object passes between libraries.
 */
const commands = `
  [ -e Makefile.config ] ||
    ./configure --arch="$ARCHITECTURE" --disable-gssapi --disable-curl --disable-lz4-ext --enable-static
  make -j"$JOBS" -C src librdkafka.a librdkafka.lds
  sed /rd_ut_coverage_check/d src/librdkafka.lds > visible.lds
  "$CC" -shared -s -o "$LIBRARY" -Wl,-soname,"$SONAME" -Wl,--version-script=visible.lds -Wl,--gc-sections \\
    -Wl,--whole-archive src/librdkafka.a -Wl,--no-whole-archive \\
    "$STATIC_LIB_libzstd" "$STATIC_LIB_libssl" "$STATIC_LIB_libcrypto" "$STATIC_LIB_zlib" -lm -ldl -lpthread -lrt
  for source in src-cpp/*.cpp; do echo "#include \\"$PWD/$source\\""; done > all.cpp
  "$CXX" -c all.cpp -o "$INTERFACE" -O2 -fPIC -std=c++20 -fvisibility=hidden -ffunction-sections -w \\
    -I. -Isrc -Isrc-cpp`;

function partVersions(rdkafka, { headers }) {
  const { librdkafka, version } = JSON.parse(readFileSync(join(rdkafka, 'package.json'), 'utf8'));
  const version3 = /define OPENSSL_VERSION_STR "(.*)"/;
  return {
    'node-rdkafka': version.replace('v', ''),
    librdkafka,
    patches: config.rdkafka_patch,
    openssl: version3.exec(readFileSync(existing(headers, 'openssl/opensslv.h'), 'utf8'))?.[1],
    zlib: /define ZLIB_VERSION "(.*)"/.exec(readFileSync(existing(headers, 'zlib.h'), 'utf8'))?.[1],
    zstd: versionIn(readFileSync(join(zstdSources, 'zstd.h'), 'utf8'), [
      ...['ZSTD_VERSION_MAJOR', 'ZSTD_VERSION_MINOR', 'ZSTD_VERSION_RELEASE'],
    ]),
    ...bundledInLibrdkafka(rdkafka),
  };
}

/** Headers by themselves: with /usr/include among the folders, those of this machine's glibc would be taken. */
function copyHeaders(include, { headers }) {
  for (const name of ['openssl', 'zlib.h', 'zconf.h']) {
    for (const folder of headers) {
      if (existsSync(join(folder, name)))
        cpSync(join(folder, name), join(include, name), { recursive: true });
    }
  }
  for (const name of ['zstd.h', 'zstd_errors.h', 'zdict.h'])
    cpSync(join(zstdSources, name), join(include, name));
}

/** The path of a file in the first of the folders that has it. Throws a `StepError`. */
function existing(folders, name) {
  const path = folders.map((folder) => join(folder, name)).find((candidate) => existsSync(candidate));
  if (path === undefined) {
    throw new StepError(
      'librdkafka for the package',
      `${name} not found`,
      'apt-get install g++ libssl-dev zlib1g-dev',
    );
  }
  return path;
}
