import { spawn } from 'node:child_process';

/** The settings from docker/Dockerfile that a process in the image needs. */
export const expectedConfig = {
  User: '10001:10001',
  WorkingDir: '/app',
  Env: ['NODE_ENV=production'],
  Entrypoint: ['node', '/app/bin/kubesentiment.cjs'],
  Cmd: ['consume'],
};

/**
 * Starts a process in an unpacked image the way an orchestrator would: with the image's user, folder and environment
 * and nothing from ours, no capabilities, a read-only root, and /tmp in memory. It uses the machine's network.
 * Standard output and error are collected in `output()`; `exited` resolves with the exit code or the signal.
 *
 * @param {{ folder: string, config: typeof expectedConfig }} image
 * @param {string[]} command
 * @param {{ env?: Record<string, string>, input?: string }} [options]
 */
export function startInImage({ folder, config }, command, { env = {}, input = '' } = {}) {
  const [user, group] = config.User.split(':');
  // The image has no shell that could change the folder.
  const enter = `unshare --root "$0" --wd ${config.WorkingDir} --setgid ${group} --setuid ${user}`;
  const prepare = [
    'mount --bind "$0" "$0"',
    'mount -t proc proc "$0/proc"',
    'mount --bind /dev "$0/dev"',
    'mount -t tmpfs tmpfs "$0/tmp"',
    'mount -o remount,bind,ro "$0"',
    `exec ${enter} -- "$@"`,
  ].join(' && ');
  const ofImage = Object.fromEntries(config.Env.map((line) => line.split(/=(.*)/s).slice(0, 2)));
  const path = '/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  // Every step replaces the previous one (exec), so a signal reaches the process itself.
  const child = spawn('unshare', ['--mount', 'sh', '-c', prepare, folder, ...command], {
    env: { ...ofImage, PATH: path, ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => {
      output += chunk;
    });
  }
  child.stdin.on('error', () => {}); // it ended without reading
  child.stdin.end(input);
  let code;
  const exited = new Promise((resolve) => {
    child.on('close', (exitCode, signal) => {
      code = exitCode ?? signal;
      resolve(code);
    });
  });
  const hasEnded = () => code !== undefined;
  return { kill: (signal) => child.kill(signal), exited, hasEnded, output: () => output };
}
