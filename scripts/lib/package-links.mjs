/** Links in the texts of the package: to files that it has, or to the repository in the package's version. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

const link = /\]\((?![a-z]+:|#)([^)#\s]+)(#[^)\s]*)?\)/g;

/** Leads every link that would lead nowhere in `folder`, a package that is unpacked, to the repository. */
export function linkToRepository(folder) {
  const { repository, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const base = `${repository.url.replace(/^git\+|\.git$/g, '')}/blob/v${version}`;
  for (const page of pagesOf(folder)) {
    const text = readFileSync(join(folder, page), 'utf8');
    const linked = text.replace(link, (whole, path, anchor = '') => {
      const target = posix.join(dirname(page), path);
      return existsSync(join(folder, target)) ? whole : `](${base}/${target}${anchor})`;
    });
    if (linked !== text) writeFileSync(join(folder, page), linked);
  }
}

/** `PAGE: PATH` for each link to a file that `folder` does not have. */
export function deadLinks(folder) {
  return pagesOf(folder).flatMap((page) =>
    [...readFileSync(join(folder, page), 'utf8').matchAll(link)]
      .map(([, path]) => path)
      .filter((path) => !existsSync(join(folder, dirname(page), path)))
      .map((path) => `${page}: ${path}`),
  );
}

const pagesOf = (folder) =>
  readdirSync(folder, { recursive: true }).filter(
    (path) => path.endsWith('.md') && !/^(vendor|node_modules)\//.test(path),
  );
