import { logEvents } from './log.ts';

const introduction = `# Log lines

Generated from \`src/log.ts\` (\`npm run docs\`); do not edit.

The service writes to standard error, with \`logging.format: json\` one object a line:

\`\`\`
{"level":"warn","time":"2026-01-31T12:00:00.000Z","event":"dead_letter","id":"KS1403","topic":"sentiment_requests",
 "partition":3,"offset":17,"error_type":"invalid_json","written":true,"msg":"A message was given up on."}
\`\`\`

\`event\` and \`id\` never change their meaning. An error is in \`error\`: \`code\`, \`message\`, and \`stack\` only
where it is a mistake of ours. Texts, keys, headers and other parts of messages are never logged; a message is named by
topic, partition and offset. Of one event at most 20 lines are written in ten seconds; \`log_suppressed\` counts the
others. \`logging.format: pretty\` writes the same for people.

| event | id | says | to be done |
|---|---|---|---|
`;

/** The page `docs/logs.md`, generated from the table of events. */
export function logsMarkdown(): string {
  const rows = Object.entries(logEvents).map(
    ([event, [id, sentence, remedy]]) => `| \`${event}\` | ${id} | ${sentence} | ${remedy ?? '–'} |`,
  );
  return `${introduction}${rows.join('\n')}\n`;
}
