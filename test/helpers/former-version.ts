/** A former version of this package, if `npm run former` has built one. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.ts';

export interface FormerVersion {
  /** Its root folder. */
  readonly home: string;
  readonly commit: string;
  readonly date: string;
}

export const formerVersion: FormerVersion | undefined = find();

/** For `test(name, { skip: noFormer }, …)`. */
export const noFormer: string | false =
  formerVersion === undefined && 'no former version is built here (npm run former)';

function find(): FormerVersion | undefined {
  const folder = join(root, '.cache/former');
  if (!existsSync(folder)) return undefined;
  const homes = readdirSync(folder).map((name) => join(folder, name));
  const home = homes.find((each) => existsSync(join(each, 'former.json')));
  if (home === undefined) return undefined;
  return {
    home,
    ...(JSON.parse(readFileSync(join(home, 'former.json'), 'utf8')) as Omit<FormerVersion, 'home'>),
  };
}
