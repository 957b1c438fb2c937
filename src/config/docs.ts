import { ANY_TEXT, type FieldFacts, formatBytes, jsonSchemaOf, withUnit } from './schema/field.ts';
import {
  configKeys,
  configSchema,
  defaultOf,
  type KeyEntry,
  type SectionName,
  sectionNames,
} from './schema.ts';
import { yamlValue } from './yaml.ts';

const titles: Readonly<Record<SectionName, string>> = {
  kafka: 'Where requests come from and where results go.',
  request: 'What a request looks like.',
  result: 'What comes out.',
  schema_registry: 'Where the schemas of Avro, Protobuf and JSON Schema requests come from.',
  model: 'What classifies the texts.',
  http: 'Health, metrics and predictions.',
  encryption: 'Encrypted requests: their keys, and whether plain requests are allowed.',
  logging: 'What the service writes to standard error.',
  tracing:
    'Spans of polls, batches and transactions, linked to the traces of their messages (OpenTelemetry).',
};

const INTRODUCTION = `# Configuration

This page is generated from the schema (\`npm run docs\`).

Precedence: command line > environment > file > default. \`kubesentiment config check\` reports everything that is wrong
with a file, and \`kubesentiment config print --origins\` shows where each value comes from.

- A list may be written as YAML, as JSON, or as text with commas.
- In values of a file, \`$NAME\` and \`\${NAME}\` stand for environment variables, \`\${file:PATH}\` for the
  content of a file (relative to the configuration file), \`$$\` for a dollar sign.
- Each key has an environment variable, shown below, and one with the prefix \`MLOPS_\`, which takes precedence.
  An empty variable counts as not set.
- Secrets are never printed.
- A running service takes up a new value of the keys marked with ↻: \`kubesentiment config reload\`, SIGHUP, or
  \`POST /api/v1/config/reload\`. All others need a restart. \`kubesentiment config diff\` tells them apart.
`;

/** `docs/configuration.md` */
export function markdownDocs(): string {
  const parts = sectionNames.map((section) => {
    const rows = entriesOf(section).map((entry) => {
      const { key, facts } = entry;
      const fallback = facts.defaultText ?? (defaultText(entry) === '' ? '–' : `\`${defaultText(entry)}\``);
      const marks = `${facts.secret ? ' (secret)' : ''}${facts.whileRunning ? ' ↻' : ''}`;
      const name = `\`${key}\`${marks}`;
      const variable = `\`${entry.environmentNames[1]}\``;
      return `| ${name} | ${fallback} | ${cell(withUnit(facts))} | ${variable} | ${cell(facts.help)} |`;
    });
    return [
      `## \`${section}:\``,
      '',
      titles[section],
      '',
      '| key | default | allowed | environment | meaning |',
      '|---|---|---|---|---|',
      ...rows,
    ].join('\n');
  });
  return `${[INTRODUCTION.trimEnd(), ...parts].join('\n\n')}\n`;
}

/** `configs/kafka.yaml`: every key with its default and a comment, below `header`. */
export function defaultYaml(header = ''): string {
  const parts = sectionNames.map((section) => {
    const keys = entriesOf(section).map((entry) => {
      const comment = wrap(explanation(entry.facts), 100).map((line) => `  # ${line}`);
      const fallback = defaultText(entry);
      const isSet = fallback !== '' && entry.facts.defaultText === undefined;
      const note = entry.facts.defaultText === undefined ? '' : ` # default: ${entry.facts.defaultText}`;
      const line = isSet ? `  ${entry.key}: ${fallback}` : `  # ${entry.key}: ${example(entry)}${note}`;
      return [...comment, line].join('\n');
    });
    return [`# ${titles[section]}`, `${section}:`, keys.join('\n\n')].join('\n');
  });
  return `${header}${parts.join('\n\n')}\n`;
}

/** `.env.example` */
export function dotEnvExample(): string {
  const lines = [...configKeys.values()].flatMap((entry) => {
    const fallback = defaultOf(entry);
    const value =
      entry.facts.defaultText !== undefined || fallback === undefined ? '' : environmentText(fallback);
    return [
      ...wrap(entry.facts.help, 110).map((line) => `# ${line}`),
      `# ${entry.environmentNames[1]}=${value}`,
      '',
    ];
  });
  const header =
    '# The environment variable of every key, with its default. The prefix MLOPS_ takes precedence.\n';
  return `${header}\n${lines.join('\n').trimEnd()}\n`;
}

/** `configs/kubesentiment.schema.json`, for editors. */
export function jsonSchema(): string {
  // No section is required: missing ones have their defaults.
  const { required, ...schema } = jsonSchemaOf(configSchema);
  return `${JSON.stringify({ title: 'kubesentiment', ...schema }, undefined, 2)}\n`;
}

/** Contents of the generated files, by path. */
export function generatedFiles(): Readonly<Record<string, string>> {
  return {
    'docs/configuration.md': markdownDocs(),
    'configs/kafka.yaml': defaultYaml(
      '# yaml-language-server: $schema=./kubesentiment.schema.json\n' +
        '# The default configuration: every key with its default. Generated from the schema (npm run docs).\n\n',
    ),
    'configs/kubesentiment.schema.json': jsonSchema(),
    '.env.example': dotEnvExample(),
  };
}

function entriesOf(section: SectionName): KeyEntry[] {
  return [...configKeys.values()].filter((entry) => entry.section === section);
}

function explanation(facts: FieldFacts): string {
  const change = facts.whileRunning === undefined ? '' : ' Can change while running.';
  return (facts.allowed === ANY_TEXT ? facts.help : `${facts.help} Allowed: ${withUnit(facts)}.`) + change;
}

function defaultText(entry: KeyEntry): string {
  const value = defaultOf(entry);
  if (value === undefined) return '';
  if (Array.isArray(value)) return JSON.stringify(value);
  return entry.facts.kind === 'bytes' ? formatBytes(value as number) : yamlValue(value);
}

function example(entry: KeyEntry): string {
  return entry.facts.example ?? defaultText(entry);
}

function environmentText(value: unknown): string {
  if (Array.isArray(value)) return value.join(',');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

/** Lines of at most `width` characters. */
function wrap(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) as string;
    if (last !== '' && last.length + word.length >= width) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}
