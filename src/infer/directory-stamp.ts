import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { stampOf } from './pinned-files.ts';

/**
 * What changes with the files of a model directory, links followed: names, sizes, times and i-nodes of those in it and
 * in its folders. Reads none of them. Empty if there is no such directory.
 */
export async function directoryStamp(directory: string): Promise<string> {
  const lines: string[] = [];
  await addFiles(directory, '', lines, true);
  return lines.sort().join('\n');
}

async function addFiles(root: string, folder: string, lines: string[], withFolders: boolean): Promise<void> {
  for (const name of await readdir(join(root, folder)).catch(() => [])) {
    // Such as ..data of a Kubernetes volume, which the others lead to.
    if (name.startsWith('.')) continue;
    const path = join(folder, name);
    const found = await stat(join(root, path), { bigint: true }).catch(() => undefined);
    if (found?.isFile()) lines.push(`${path} ${stampOf(found)}`);
    else if (found?.isDirectory() && withFolders) await addFiles(root, path, lines, false);
  }
}
