/**
 * Builds the bindings of the patched node-rdkafka that the npm package carries (ADR 0030), for this platform:
 *
 *   npm run build:rdkafka              for the Node that runs this
 *   npm run build:rdkafka -- --all     for every Node that a release supports
 *   npm run build:rdkafka -- 22 26     for these
 *
 * librdkafka becomes one library for all of them, with TLS, zstd and zlib inside; the part that depends on Node's
 * version is small. zig compiles, because it links against an older glibc than this machine's. Nothing is built twice.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fetchNode } from './lib/fetch-node.mjs';
import { newestGlibc } from './lib/glibc.mjs';
import { buildLibrdkafka, INTERFACE, LIBRARY, partVersions } from './lib/librdkafka-build.mjs';
import { root, runStep, StepError } from './lib/run.mjs';
import { remedyFor } from './lib/remedies.mjs';
import { GLIBC, zigTools } from './lib/zig.mjs';
import { isPatched } from './rdkafka-patch.mjs';
import { ensureDependencies, exitOnStepError } from './setup.mjs';

/** Those with a prebuilt binding. */
export const nodeVersions = ['20', '22', '24', '26'];
const rdkafka = join(root, 'node_modules/node-rdkafka');
export const bindings = join(root, 'prebuilds', `${process.platform}-${process.arch}`, 'rdkafka');
/** Builds what is missing in `prebuilds/<platform>-<arch>/rdkafka`. Rejects with a `StepError`. */
export async function buildRdkafka(versions) {
  if (process.platform !== 'linux') {
    throw new StepError('node-rdkafka', 'it is built ahead for Linux only', 'let npm compile it, see docs/deployment.md');
  }
  if (!isPatched(rdkafka)) await ensureDependencies();
  const tools = await zigTools();
  const work = join(root, '.cache/rdkafka', process.arch);
  await buildLibrdkafka(rdkafka, work, tools);
  mkdirSync(bindings, { recursive: true });
  copyFileSync(join(work, LIBRARY), join(bindings, LIBRARY));
  describe(LIBRARY);
  for (const version of versions) {
    const node = await fetchNode(version, join(root, '.cache/node', version));
    await buildBinding(join(node, '../..'), work, tools);
  }
  copyFileSync(join(rdkafka, 'build/Release/kubesentiment-patched'), join(bindings, 'kubesentiment-patched'));
  writeFileSync(join(bindings, 'parts.json'), `${JSON.stringify(partVersions(rdkafka), undefined, 2)}\n`);
}

/** One binding, for the Node whose headers are below `home`. */
async function buildBinding(home, work, { cxx, path }) {
  const include = join(home, 'include/node');
  const abi = /NODE_MODULE_VERSION\s+(\d+)/.exec(readFileSync(join(include, 'node_version.h'), 'utf8'))[1];
  const name = `node-${abi}.node`;
  const objects = join(work, `node-${abi}`);
  const librdkafka = join(rdkafka, 'deps/librdkafka');
  const includes = [include, join(root, 'node_modules/nan'), rdkafka]
    .concat(join(librdkafka, 'src'), join(librdkafka, 'src-cpp'), join(work, 'librdkafka'));
  if (!existsSync(join(objects, name))) {
    rmSync(objects, { recursive: true, force: true });
    mkdirSync(objects, { recursive: true });
    await runStep(`node-rdkafka for ABI ${abi}`, ['sh', '-ec', commands], {
      note: 'compiled once, takes a minute or two',
      cwd: objects,
      env: {
        PATH: path,
        CXX: cxx,
        SOURCES: `${rdkafka}/src/*.cc`,
        FLAGS: [...flags, ...includes.map((folder) => `-I${folder}`)].join(' '),
        NAME: name,
        LIBRARIES: `${join(work, INTERFACE)} ${join(work, LIBRARY)}`,
      },
      remedy: remedyFor,
    });
  }
  copyFileSync(join(objects, name), join(bindings, name));
  describe(name);
}

/** Says how large it is, and fails if it needs a newer glibc than it may. */
function describe(name) {
  const path = join(bindings, name);
  const glibc = newestGlibc(path);
  console.log(`${name}: ${Math.round(statSync(path).size / 1024)} KiB, glibc ${glibc} or later`);
  if (glibc !== undefined && Number(glibc.split('.')[1]) > Number(GLIBC.split('.')[1])) {
    throw new StepError('node-rdkafka', `${name} needs glibc ${glibc}`, 'see which symbols: objdump -T');
  }
}

/** As node-gyp compiles an addon. */
const flags = [
  ...['-O2', '-fPIC', '-std=c++20', '-fno-exceptions', '-fvisibility=hidden', '-ffunction-sections', '-w'],
  ...['NODE_GYP_MODULE_NAME=node-librdkafka', 'USING_UV_SHARED=1', 'USING_V8_SHARED=1', 'BUILDING_NODE_EXTENSION']
    .concat('_FILE_OFFSET_BITS=64', '__STDC_FORMAT_MACROS')
    .map((define) => `-D${define}`),
];

/**
 * All sources at once, since reading V8's headers takes longer than compiling any of them. Node's own symbols are found
 * when it loads the binding, librdkafka beside the binding.
 */
const commands = `
  for source in $SOURCES; do echo "#include \\"$source\\""; done > all.cc
  "$CXX" -c all.cc $FLAGS
  "$CXX" -shared -s -o "$NAME" all.o $LIBRARIES -Wl,--gc-sections -Wl,-rpath,'$ORIGIN' -Wl,-z,undefs`;

if (process.argv[1] === import.meta.filename) {
  const named = process.argv.slice(2).filter((argument) => argument !== '--all');
  const versions = process.argv.includes('--all') ? nodeVersions : [String(process.versions.node.split('.')[0])];
  await exitOnStepError(() => buildRdkafka(named.length > 0 ? named : versions));
}
