import { readFileSync } from 'node:fs';
import { type FrameSource, frameAt } from './frame.ts';
import { interpolate } from './interpolate.ts';
import { isSecretProperty } from './passthrough.ts';
import type { ConfigProblem, Place } from './problem.ts';
import { configKeys, defaultOf, type KeyEntry, sectionNames } from './schema.ts';
import type { Setting, SettingFile, SettingSource } from './setting.ts';
import { suggest } from './suggest.ts';
import { parseYaml, type YamlEntry, type YamlNode, type YamlSource } from './yaml.ts';

const BYTES_MAX = 2 ** 20;

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads a configuration file. Never throws: errors are in `problems`. */
export function readConfigFile(path: string, env: Environment): SettingSource {
  const source = readSource(path);
  if (typeof source !== 'string') return { settings: [], problems: [source], warnings: [] };
  return new FileReader(path, source, env).read();
}

function readSource(path: string): string | ConfigProblem {
  const problem = (message: string) => ({ key: '', where: path, message });
  try {
    const bytes = readFileSync(path);
    if (bytes.length > BYTES_MAX) return problem('is larger than 1 MiB, so it is not a configuration file');
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return problem('no such file; `kubesentiment config init FILE` creates one');
    if (code === 'EISDIR') return problem('is a directory, not a file');
    if (code === 'EACCES') return problem('this user may not read it');
    return problem(
      code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'is not UTF-8 text' : `cannot be read (${code})`,
    );
  }
}

class FileReader {
  readonly #path: string;
  readonly #env: Environment;
  readonly #yaml: YamlSource;
  readonly #frames: FrameSource;
  readonly #settings: Setting[] = [];
  readonly #problems: ConfigProblem[] = [];
  readonly #files: SettingFile[] = [];

  constructor(path: string, source: string, env: Environment) {
    this.#path = path;
    this.#env = env;
    this.#yaml = parseYaml(source);
    this.#frames = { source, hidden: [] };
  }

  read(): SettingSource {
    const { root, faults } = this.#yaml;
    for (const fault of faults) this.#report('', fault.start, fault.message);
    if (root?.kind === 'map') {
      this.#hideUnknown(root.entries);
      for (const section of root.entries) this.#readSection(section);
    } else if (root !== undefined && !isNull(root)) {
      this.#frames.hidden.push(root);
      this.#report('', root.start, `must consist of the sections ${sectionNames.join(', ')}`);
    }
    return { settings: this.#settings, problems: this.#problems, warnings: [], files: this.#files };
  }

  /** Called before the first excerpt is shown: excerpts may show only what is certainly not a secret. */
  #hideUnknown(sections: readonly YamlEntry[]): void {
    for (const section of sections) {
      for (const { name, value } of section.value.kind === 'map' ? section.value.entries : []) {
        const facts = configKeys.get(`${section.name}.${name}`)?.facts;
        if (facts === undefined || facts.secret) this.#frames.hidden.push(value);
        if (facts?.kind !== 'map' || value.kind !== 'map') continue;
        const secrets = value.entries.filter((property) => isSecretProperty(property.name));
        this.#frames.hidden.push(...secrets.map((property) => property.value));
      }
      const isSection = sectionNames.some((name) => name === section.name) && section.value.kind === 'map';
      if (!isSection) this.#frames.hidden.push(section.value);
    }
  }

  #readSection(section: YamlEntry): void {
    if (!sectionNames.some((name) => name === section.name)) {
      const suggestion = suggest(section.name, sectionNames) ?? keyNamed(section.name);
      const allowed = `the sections ${sectionNames.join(', ')}`;
      this.#report(section.name, section.start, 'unknown section', { allowed, suggestion });
    } else if (section.value.kind === 'map') {
      for (const entry of section.value.entries) this.#readKey(section.name, entry);
    } else if (!isNull(section.value)) {
      this.#report(section.name, section.value.start, 'must contain keys, indented below it');
    }
  }

  #readKey(section: string, { name, start, value }: YamlEntry): void {
    const entry = configKeys.get(`${section}.${name}`);
    if (entry === undefined) {
      const siblings = [...configKeys.values()]
        .filter((other) => other.section === section)
        .map((other) => other.key);
      const suggestion = keyNamed(name) ?? suggest(name, siblings);
      this.#report(`${section}.${name}`, start, 'unknown key', { suggestion });
      return;
    }
    if (isNull(value)) {
      // Templates leave empty values behind; for a key without a default they mean "not set".
      if (defaultOf(entry) === undefined) return;
      if (!entry.field.safeParse(null).success) {
        this.#report(entry.name, start, 'has no value; delete the line to get the default', {
          allowed: entry.facts.allowed,
        });
        return;
      }
    }
    this.#settings.push(this.#setting(entry, value));
  }

  #setting(entry: KeyEntry, node: YamlNode): Setting {
    let interpolated = false;
    let problem: ConfigProblem | undefined;
    const plain = (part: YamlNode): unknown => {
      if (part.kind === 'list') return part.items.map(plain);
      if (part.kind === 'map')
        return Object.fromEntries(part.entries.map((pair) => [pair.name, plain(pair.value)]));
      if (typeof part.value !== 'string' || entry.facts.literals?.includes(part.value)) return part.value;
      try {
        const onFile = (path: string): number => this.#files.push({ key: entry.name, path });
        const text = interpolate(part.value, { env: this.#env, file: this.#path, onFile });
        interpolated ||= text !== part.value;
        return text;
      } catch (error) {
        problem = { key: entry.name, message: (error as Error).message, ...this.#place(part.start) };
        return undefined;
      }
    };
    const value = plain(node);
    return {
      entry,
      value,
      isText:
        typeof value === 'string' &&
        (interpolated || entry.facts.kind === 'list' || entry.facts.kind === 'bytes'),
      isHidden: interpolated || entry.facts.secret === true,
      problem,
      place: (path) => this.#place(nodeAt(node, path).start),
    };
  }

  #report(key: string, start: number, message: string, more: Partial<ConfigProblem> = {}): void {
    this.#problems.push({ key, message, ...this.#place(start), ...more });
  }

  #place(start: number): Place {
    const { line, column } = this.#yaml.position(start);
    const isBroken = this.#yaml.root === undefined;
    return {
      where: `${this.#path}:${line}:${column}`,
      line,
      column,
      frame: frameAt(this.#frames, start, isBroken),
    };
  }
}

function nodeAt(node: YamlNode, path: readonly PropertyKey[]): YamlNode {
  const [step, ...rest] = path;
  if (step === undefined) return node;
  if (node.kind === 'list')
    return nodeAt(node.items[Number(step)] ?? node, node.items[Number(step)] ? rest : []);
  const entry = node.kind === 'map' ? node.entries.find(({ name }) => name === step) : undefined;
  return entry === undefined ? node : nodeAt(entry.value, rest);
}

function isNull(node: YamlNode): boolean {
  return node.kind === 'scalar' && node.value === null;
}

/** The full name of a key that is in the wrong section. */
function keyNamed(key: string): string | undefined {
  return [...configKeys.values()].find((entry) => entry.key === key)?.name;
}
