import { chmodSync, lutimesSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Seconds since 1970 for every file: a build may name the time of its commit. */
const time = Number(process.env.SOURCE_DATE_EPOCH ?? 0);

/** Takes out of a folder what depends on who made it, and when: times, and permissions other than "may be run". */
export function settle(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isSymbolicLink()) chmodSync(path, statSync(path).mode & 0o111 ? 0o755 : 0o644);
    lutimesSync(path, time, time);
  }
  chmodSync(folder, 0o755);
  lutimesSync(folder, time, time);
}
