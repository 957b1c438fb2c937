import type { SchemaFormat } from '../request-shape.ts';
import { resultSchemas } from './result-schemas.ts';

const titles: readonly (readonly [SchemaFormat, string, string])[] = [
  ['avro', 'Avro', 'json'],
  ['protobuf', 'Protobuf', 'protobuf'],
  ['json_schema', 'JSON Schema', 'json'],
];

/** `docs/result-schemas.md`: what to register by hand where the service may not. */
export function resultSchemasMarkdown(): string {
  const sections = titles.map(([format, title, language]) => {
    const { text } = resultSchemas[format];
    const shown = language === 'json' ? JSON.stringify(JSON.parse(text), undefined, 2) : text.trimEnd();
    return `## ${title}\n\n\`result.format: ${format}\`\n\n\`\`\`${language}\n${shown}\n\`\`\`\n`;
  });
  return `# Schemas of results

This page is generated from the schemas (\`npm run docs\`). [Results with a schema](topics.md#results-with-a-schema)
says when they are used. The service registers one of them for each results topic, under the subject \`TOPIC-value\`.
Where it may not, register it yourself: the service then only looks it up.

${sections.join('\n')}`;
}
