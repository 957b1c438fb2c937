import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { KubesentimentError } from '../../src/errors.ts';
import { classPathOf, java } from './kafka-jars.ts';
import { root } from './paths.ts';

/** A program in Java for the harnesses: its sources are in a folder here, its libraries come from Maven Central. */
export interface JavaProgram {
  readonly name: string;
  /** Of the libraries, for the line that says that they are being fetched. */
  readonly size: string;
  /** Of the sources, relative to the repository. */
  readonly sources: string;
  /** Where the libraries are kept, relative to the repository; it should name their versions. */
  readonly folder: string;
  /** Group, artifact and version. */
  readonly artifacts: readonly (readonly [string, string, string])[];
}

/** Fetches the libraries once, compiles the sources, returns the class path. KS_LOCAL_BROKER without Java or them. */
export function compiledJava({ name, size, sources, folder, artifacts }: JavaProgram): string {
  const libraries = join(root, folder);
  const jars = classPathOf({ name, size, folder: libraries, artifacts });
  const classes = `${libraries}-classes`;
  const files = readdirSync(join(root, sources))
    .filter((file) => file.endsWith('.java'))
    .map((file) => join(root, sources, file));
  const { status, stdout, stderr, error } = spawnSync(`${java}c`, ['-cp', jars, '-d', classes, ...files], {
    encoding: 'utf8',
  });
  if (status === 0) return `${classes}:${jars}`;
  if (error) throw new KubesentimentError('KS_LOCAL_BROKER', `There is no Java compiler: ${error.message}.`);
  throw new KubesentimentError('KS_STATE', `${sources} cannot be compiled:\n${`${stdout}${stderr}`.trim()}`);
}
