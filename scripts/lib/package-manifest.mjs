/** What is in the package and how it describes itself: rows of `npm run check:package`. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { newestGlibc } from './glibc.mjs';
import { expect } from './package-checks.mjs';
import { deadLinks } from './package-links.mjs';
import { root } from './run.mjs';
import { GLIBC } from './zig.mjs';

const patterns = [
  /^(LICENSE|README\.md|package\.json)$/,
  /^bin\/kubesentiment\.cjs$/,
  /^commonjs\/[\w.-]+\.(cjs|d\.cts)$/,
  /^configs\/(examples\/)?[\w-]+\.(yaml|schema\.json)$/,
  /^examples\/(README\.md|[\w.-]+\.mjs)$/,
  /^dist\/src\/[\w/-]+\.(js|d\.ts|css|html|svg)$/,
  /^models\/[\w-]+\/([\w-]+\.json|model\.onnx|vocab\.txt|README\.md|curve\.png)$/,
  /^scripts\/rdkafka-patch(\.mjs|\/[\w-]+\.patch)$/,
  /^scripts\/model-import\/([\w-]+\.py|requirements\.txt)$/,
  /^src\/http\/page\/[\w-]+\.(js|css|html|svg)$/,
  /^prebuilds\/[\w-]+\/kubesentiment\.node$/,
  /^prebuilds\/[\w-]+\/rdkafka\/(node-\d+\.node|lib[\w+.-]+|kubesentiment-patched|parts\.json)$/,
  /^prebuilds\/[\w-]+\/deps\/librdkafka(\+\+)?\.so\.1$/,
  /^vendor\/node-rdkafka\/(lib\/[\w/-]+\.js|\w+\.js|binding\.cjs|package\.json|LICENSE[\w.-]*)$/,
  /^vendor\/onnxruntime-node\/(dist\/[\w-]+\.js|package\.json|LICENSE|bin\/napi-v6\/linux\/(x64|arm64)\/[\w.]+)$/,
];

const programs = [
  ['publint', (tarball) => ['publint/src/cli.js', 'run', tarball, '--strict', '--pack', 'false']],
  // For `import` and `require`; not for the resolution of Node 10, which knows no `exports`.
  ['attw', (tarball) => ['@arethetypeswrong/cli/dist/index.js', tarball, '--profile', 'node16']],
];

export async function checkManifest(checks, { tarball, project }) {
  await checks.check('the package holds what runs, and nothing else', () => {
    const names = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8', maxBuffer: 2 ** 26 })
      .trim()
      .split('\n')
      .map((path) => path.replace(/^package\//, ''));
    const strangers = names.filter((name) => !patterns.some((pattern) => pattern.test(name)));
    expect(strangers.length === 0, strangers.join('\n'));
    const unused = patterns.filter((pattern) => !names.some((name) => pattern.test(name)));
    expect(unused.length < 2, `nothing is called ${unused.join(' or ')}`);
  });
  const unpacked = project('unpacked');
  execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', unpacked]);
  await checks.check('its links lead somewhere, and it says where it comes from', () => {
    const dead = deadLinks(unpacked);
    expect(dead.length === 0, dead.join('\n'));
    const { homepage, bugs, repository } = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8'));
    for (const url of [homepage, bugs, repository?.url])
      expect(/^(git\+)?https:\/\/\S+$/.test(url), `${url} is no address`);
  });
  await checks.check(`what is made for other machines needs no newer glibc than ${GLIBC}`, () => {
    const newer = librariesForOthers(unpacked)
      .map((path) => `${path}: ${newestGlibc(join(unpacked, path))}`)
      .filter((line) => Number(/: 2\.(\d+)$/.exec(line)?.[1] ?? 0) > Number(GLIBC.split('.')[1]));
    expect(newer.length === 0, newer.join('\n'));
  });
  for (const [name, args] of programs) {
    await checks.check(name, () => {
      const [program, ...rest] = args(tarball);
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [join(root, 'node_modules', program), ...rest],
        { cwd: root, encoding: 'utf8' },
      );
      expect(status === 0, `${stdout}${stderr}`);
    });
  }
}

/** Compiled parts, except those that the set-up has compiled for machines like this one. */
function librariesForOthers(folder) {
  const isForRelease = (path) => {
    const platform = /^prebuilds\/([^/]+)\//.exec(path)?.[1];
    return platform === undefined || existsSync(join(folder, 'prebuilds', platform, 'rdkafka/parts.json'));
  };
  return readdirSync(folder, { recursive: true }).filter(
    (path) => /\.(node|so(\.\d+)?)$/.test(path) && isForRelease(path),
  );
}
