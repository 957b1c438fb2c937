// Writes the pages that are generated from the schema, the metrics table, the commands, the HTTP routes, the chart's
// values and the declarations of what the package exports. Needs the compiled TypeScript.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createProgram } from '../dist/src/cli/main.js';
import { cliMarkdown } from '../dist/src/cli/markdown.js';
import { generatedFiles } from '../dist/src/config/docs.js';
import { openApiDocument } from '../dist/src/http/server.js';
import { logsMarkdown } from '../dist/src/log-markdown.js';
import { dashboardJson } from '../dist/src/metrics/dashboard/dashboard.js';
import { metricsMarkdown } from '../dist/src/metrics/markdown.js';
import { resultSchemasMarkdown } from '../dist/src/registry/result-schemas-markdown.js';
import { packageVersion } from '../dist/src/service/versions.js';
import { apiPage } from './lib/api-page.mjs';
import { chartReadme } from './lib/chart-readme.mjs';

const root = join(import.meta.dirname, '..');
const pages = {
  ...generatedFiles(),
  'monitoring/grafana/dashboard.json': dashboardJson(),
  'deploy/chart/README.md': chartReadme(),
  'docs/api.md': apiPage(),
  'docs/metrics.md': metricsMarkdown(),
  'docs/logs.md': logsMarkdown(),
  'docs/result-schemas.md': resultSchemasMarkdown(),
  'docs/cli.md': cliMarkdown(createProgram(() => undefined)),
  'docs/openapi.json': `${JSON.stringify(await openApiDocument(packageVersion()), undefined, 2)}\n`,
};
for (const [path, content] of Object.entries(pages)) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
  console.log(path);
}
