/**
 * Builds the bindings of the patched node-rdkafka that the npm package carries (ADR 0030), for this platform, into
 * `prebuilds/<platform>-<arch>/rdkafka`:
 *
 *   npm run build:rdkafka              for the Node that runs this
 *   npm run build:rdkafka -- --all     for every Node that a release supports
 *   npm run build:rdkafka -- 22 26     for these
 *   npm run build:rdkafka -- --all --arch arm64   for the other architecture: zig compiles for both
 *
 * librdkafka becomes one library for all of them, with TLS, zstd and zlib inside; the part that depends on Node's
 * version is small. zig compiles, because it links against an older glibc than this machine's. What has been built
 * stays in .cache/rdkafka: a run that was interrupted is continued, and one with nothing to do takes a second.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { fetchNode } from './lib/fetch-node.mjs';
import { checkGlibc } from './lib/glibc.mjs';
import { buildLibrdkafka, INTERFACE, LIBRARY } from './lib/librdkafka-build.mjs';
import { nodeOfAbi } from './lib/package-bindings.mjs';
import { remedyFor } from './lib/remedies.mjs';
import { root, runStep } from './lib/run.mjs';
import { targetOf } from './lib/target.mjs';
import { zigTools } from './lib/zig.mjs';
import { MARKER, patchOf, wantedPatch } from './rdkafka-patch.mjs';
import { ensureSources, exitOnStepError } from './setup.mjs';

/** Those with a prebuilt binding in a release. */
const nodeVersions = Object.values(nodeOfAbi);
const rdkafka = join(root, 'node_modules/node-rdkafka');

/** Builds what is missing. Rejects with a `StepError`. */
async function buildRdkafka(versions, target) {
  await ensureSources();
  const tools = await zigTools(target);
  const work = join(root, '.cache/rdkafka', target.platform);
  const bindings = join(root, 'prebuilds', target.platform, 'rdkafka');
  const parts = await buildLibrdkafka(rdkafka, work, tools, target);
  if (patchOf(bindings) !== wantedPatch()) rmSync(bindings, { recursive: true, force: true });
  mkdirSync(bindings, { recursive: true });
  publish(join(work, LIBRARY), join(bindings, LIBRARY));
  writeFileSync(join(bindings, MARKER), `${wantedPatch()}\n`);
  for (const version of versions) {
    const node = await fetchNode(version); // its headers are the same for every architecture
    const { name, path } = await buildBinding(join(node, '../..'), work, tools);
    publish(path, join(bindings, name));
  }
  writeFileSync(join(bindings, 'parts.json'), `${JSON.stringify(parts, undefined, 2)}\n`);
}

/** One binding, for the Node whose headers are below `home`. */
async function buildBinding(home, work, { cxx, path }) {
  const include = join(home, 'include/node');
  const abi = /NODE_MODULE_VERSION\s+(\d+)/.exec(readFileSync(join(include, 'node_version.h'), 'utf8'))[1];
  const name = `node-${abi}.node`;
  const objects = join(work, `node-${abi}`);
  const librdkafka = join(rdkafka, 'deps/librdkafka');
  const includes = [include, join(root, 'node_modules/nan'), rdkafka].concat(
    join(librdkafka, 'src'),
    join(librdkafka, 'src-cpp'),
    join(work, 'librdkafka'),
  );
  const env = {
    SOURCES: `${rdkafka}/src/*.cc`,
    FLAGS: [...flags, ...includes.map((folder) => `-I${folder}`)].join(' '),
    NAME: name,
    LIBRARIES: `${join(work, INTERFACE)} ${join(work, LIBRARY)}`,
  };
  const stamp = createHash('sha256')
    .update(commands + JSON.stringify(env))
    .digest('hex');
  const stampPath = join(objects, 'stamp');
  if (!existsSync(stampPath) || readFileSync(stampPath, 'utf8') !== stamp) {
    rmSync(objects, { recursive: true, force: true });
    mkdirSync(objects, { recursive: true });
    await runStep(`node-rdkafka for ABI ${abi}`, ['sh', '-ec', commands], {
      note: 'compiled once, takes a minute or two',
      cwd: objects,
      env: { ...env, PATH: path, CXX: cxx },
      remedy: remedyFor,
    });
    writeFileSync(stampPath, stamp);
  }
  return { name, path: join(objects, name) };
}

/** Puts a library beside the others, and says how large it is. */
function publish(path, place) {
  const glibc = checkGlibc('node-rdkafka', path);
  copyFileSync(path, place);
  console.log(`${relative(root, place)}: ${Math.round(statSync(path).size / 1024)} KiB, glibc ${glibc} or later`);
}

/** As node-gyp compiles an addon. */
const flags = [
  ...['-O2', '-fPIC', '-std=c++20', '-fno-exceptions', '-fvisibility=hidden', '-ffunction-sections', '-w'],
  `-ffile-prefix-map=${root}=.`,
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
  const { values, positionals } = parseArgs({
    options: { all: { type: 'boolean', default: false }, arch: { type: 'string' } },
    allowPositionals: true,
  });
  const versions = values.all ? nodeVersions : [process.versions.node.split('.')[0]];
  await exitOnStepError(() =>
    buildRdkafka(positionals.length > 0 ? positionals : versions, targetOf(values.arch)),
  );
}
