import { mkdirSync, renameSync, rmSync } from 'node:fs';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Lets `fill` write into a folder of another name, which becomes `target` when it is complete. Whatever ends this
 * before, a signal included, nothing is left. `fill` gets a signal for what it starts.
 */
export async function inUnfinishedFolder<T>(
  target: string,
  fill: (folder: string, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const folder = `${target}.unfinished-${process.pid}`;
  const ending = new AbortController();
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const end = (signal: NodeJS.Signals): void => {
    ending.abort();
    remove();
    for (const each of signals) process.off(each, end);
    process.kill(process.pid, signal);
  };
  for (const signal of signals) process.on(signal, end);
  try {
    mkdirSync(folder, { recursive: true });
    const result = await fill(folder, ending.signal);
    renameSync(folder, target);
    return result;
  } finally {
    for (const signal of signals) process.off(signal, end);
    remove();
  }
}
