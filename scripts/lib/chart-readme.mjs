/** deploy/chart/README.md, from the comments of values.yaml: `npm run docs`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from './run.mjs';

const chart = join(root, 'deploy/chart');

/** The text of the page. It is shown apart from the repository, so its links are whole. */
export function chartReadme() {
  const { description, home, version } = parse(readFileSync(join(chart, 'Chart.yaml'), 'utf8'));
  const rows = valuesOf(readFileSync(join(chart, 'values.yaml'), 'utf8')).map(
    ({ path, value, meaning }) => `| \`${path}\` | ${value === '' ? '' : code(value)} | ${cell(meaning)} |`,
  );
  return `# kubesentiment

${description}.
It reads texts from a Kafka topic, classifies their sentiment and writes the results back.

\`\`\`bash
helm install kubesentiment-kafka oci://ghcr.io/kubesentiment/charts/kubesentiment --version ${version} \\
  -n sentiment --create-namespace --set config.kafka.bootstrap_servers='{kafka:9092}'
helm test kubesentiment-kafka -n sentiment
\`\`\`

[Deployment](${home}/blob/v${version}/docs/deployment.md#kubernetes)
has more: scaling, logins, monitoring, values for each. The topics have to exist. Kubernetes 1.27 or later.

## Values

Unknown names and impossible combinations are refused before anything is installed.

| value | default | meaning |
|---|---|---|
${rows.join('\n')}
`;
}

/**
 * Each value with its default as it is written, and the comment above it. It relies on how the file is written: two
 * spaces for each level, lists and maps that are not described further on one line.
 */
export function valuesOf(text) {
  const values = [];
  const parents = [];
  let comment = [];
  for (const line of text.split('\n')) {
    const [, indent = '', note, key, value = ''] = /^( *)(?:# ?(.*)|([\w-]+):(?: (.*))?)?$/.exec(line) ?? [];
    if (note !== undefined) comment.push(note);
    else if (key === undefined) comment = [];
    else {
      parents.length = indent.length / 2;
      const path = [...parents, key].join('.');
      parents.push(key);
      if (value !== '' || comment.length > 0) values.push({ path, value, meaning: comment.join(' ') });
      comment = [];
    }
  }
  return values;
}

const code = (value) => `\`${value.replaceAll('|', '\\|')}\``;
const cell = (text) => text.replaceAll('|', '\\|');
