import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readlinkSync } from 'node:fs';

/** Set in a process that has a network of its own. */
const INSIDE = 'KUBESENTIMENT_TEST_NETWORK';
const tools = ['unshare', 'nsenter', 'ip'];
/** With the right to make one, and without, where the system lets everyone have rights in a world of their own. */
const ways = [['--net'], ['--user', '--map-root-user', '--net']];
const BROKER = '10.99.0.1';
const MEMBER = '10.99.0.2';
/** Before the rule that keeps packets for this machine, which has to make room. */
const LOSS_PREFERENCE = 10;
const LOCAL_PREFERENCE = 100;

let found: { readonly way?: readonly string[]; readonly reason: string } | undefined;

/** For `skip`: false where a process can have a network of its own, else the reason. */
export function noNamespace(): string | false {
  found ??= findWay();
  return found.way === undefined ? found.reason : false;
}

/** Whether this process has a network of its own, and may make it bad. */
export function isInNamespace(): boolean {
  return process.env[INSIDE] !== undefined;
}

/** This program once more, with these arguments, in a network of its own, which ends with it. */
export function inNamespace(args: readonly string[]): {
  file: string;
  args: string[];
  env: NodeJS.ProcessEnv;
} {
  if (noNamespace() !== false) throw new Error(String(noNamespace()));
  return {
    file: 'unshare',
    args: [...(found?.way ?? []), process.execPath, ...args],
    env: { ...process.env, [INSIDE]: '1' },
  };
}

function findWay(): NonNullable<typeof found> {
  const missing = tools.find((tool) => spawnSync(tool, ['--help']).error !== undefined);
  if (missing !== undefined) return { reason: `There is no command "${missing}"` };
  const way = ways.find((flags) => {
    const add = 'ip link set lo up && ip rule add pref 1 iif lo ipproto tcp sport 1 blackhole';
    return spawnSync('unshare', [...flags, 'sh', '-c', add]).status === 0;
  });
  return way === undefined ? { reason: 'Network namespaces are not allowed here' } : { way, reason: '' };
}

/**
 * A cable between brokers and members that loses packets on command. Real ones: the system of the sender sends them
 * again and again, also after the program has closed its socket.
 */
export class LossyNetwork {
  /** The address of the brokers. */
  readonly host = BROKER;
  readonly #holder: ChildProcess;
  readonly #lost = new Set<number>();

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  /** Only in a process that has a network of its own. The network ends with it. */
  static async start(): Promise<LossyNetwork> {
    ip('link', 'set', 'lo', 'up');
    // The network of the members lives as long as a process in it: until this one ends, which closes the pipe.
    const holder = spawn('unshare', ['--net', 'cat'], { stdio: ['pipe', 'ignore', 'ignore'] });
    await once(holder, 'spawn');
    const network = new LossyNetwork(holder);
    await network.#untilApart();
    ip('link', 'add', 'broker', 'type', 'veth', 'peer', 'name', 'member', 'netns', String(holder.pid));
    ip('addr', 'add', `${BROKER}/30`, 'dev', 'broker');
    ip('link', 'set', 'broker', 'up');
    network.#inside('ip', 'addr', 'add', `${MEMBER}/30`, 'dev', 'member');
    network.#inside('ip', 'link', 'set', 'member', 'up');
    network.#inside('ip', 'link', 'set', 'lo', 'up');
    ip('rule', 'add', 'pref', String(LOCAL_PREFERENCE), 'lookup', 'local');
    ip('rule', 'del', 'pref', '0');
    return network;
  }

  /** Program and arguments before those of a command that is to run on the members' side. */
  get launcher(): readonly string[] {
    return ['nsenter', `--net=/proc/${this.#holder.pid}/ns/net`];
  }

  /** From now on no packet arrives that a member sends from this port. */
  lose(port: number): void {
    if (this.#lost.has(port)) return;
    this.#lost.add(port);
    ip('rule', 'add', ...lossOf(port));
  }

  /** Packets arrive again, the next time they are sent. */
  heal(port: number): void {
    if (this.#lost.delete(port)) ip('rule', 'del', ...lossOf(port));
  }

  close(): void {
    for (const port of this.#lost) this.heal(port);
    this.#holder.kill('SIGKILL');
  }

  /** The process exists a moment before it has a network of its own. */
  async #untilApart(): Promise<void> {
    const link = `/proc/${this.#holder.pid}/ns/net`;
    while (existsSync(link) && readlinkSync(link) === readlinkSync('/proc/self/ns/net'))
      await new Promise((done) => setTimeout(done, 5));
  }

  #inside(...command: readonly string[]): void {
    const [program, ...args] = [...this.launcher, ...command] as [string, ...string[]];
    execFileSync(program, args, { stdio: 'pipe' });
  }
}

function lossOf(port: number): string[] {
  const packets = ['iif', 'broker', 'ipproto', 'tcp', 'sport', String(port)];
  return ['pref', String(LOSS_PREFERENCE), ...packets, 'blackhole'];
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: 'pipe' });
}
