import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { root } from './run.mjs';

/**
 * Runs a command on this terminal, forwards signals to it and resolves to its exit code (128 + signal number if a
 * signal ended it, as in shells). Calls `onOutput` with each chunk of standard output, if given.
 *
 * @param {string[]} command
 * @param {{ env?: object, onOutput?: (chunk: Buffer) => void }} [options]
 * @returns {Promise<number>}
 */
export function runForeground([command, ...args], options = {}) {
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...options.env },
    stdio: ['inherit', options.onOutput ? 'pipe' : 'inherit', 'inherit'],
  });
  child.stdout?.on('data', (chunk) => {
    process.stdout.write(chunk);
    options.onOutput(chunk);
  });
  const passOn = (signal) => {
    // Ctrl-C reaches every process of the terminal anyway; forwarding it would count as a second one, meaning "at
    // once".
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, passOn);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      for (const name of signals) process.off(name, passOn);
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}
