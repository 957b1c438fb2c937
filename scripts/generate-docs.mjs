// Writes the pages that are generated from the schema and from the table of metrics. Needs the compiled TypeScript.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generatedFiles } from '../dist/src/config/docs.js';
import { metricsMarkdown } from '../dist/src/metrics/markdown.js';

const root = join(import.meta.dirname, '..');
for (const [path, content] of Object.entries({ ...generatedFiles(), 'docs/metrics.md': metricsMarkdown() })) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
  console.log(path);
}
