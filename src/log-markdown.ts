import { logEvents } from './log-events.ts';

const INTRODUCTION = `# Log lines

Generated from \`src/log-events.ts\` (\`npm run docs\`); do not edit.

The service logs to standard error. With \`logging.format: json\` it writes one object per line:

\`\`\`
{"level":"warn","time":"2026-01-31T12:00:00.000Z","event":"dead_letter","id":"KS1403","topic":"sentiment_requests",
 "partition":3,"offset":17,"error_type":"invalid_json","written":true,"msg":"A message could not be processed."}
\`\`\`

\`event\` and \`id\` never change their meaning. Errors are in \`error\`, with \`code\` and \`message\`, and with
\`stack\` only for a bug. Texts, keys, headers and other parts of messages are never logged; a message is identified by
topic, partition and offset. At most 20 lines of an event are written in ten seconds; \`log_suppressed\` counts the
rest. \`logging.format: pretty\` writes the same for people.

| event | id | message | what to do |
|---|---|---|---|
`;

/** `docs/logs.md`, generated from the table of events. */
export function logsMarkdown(): string {
  const rows = Object.entries(logEvents).map(
    ([event, [id, sentence, remedy]]) => `| \`${event}\` | ${id} | ${sentence} | ${remedy ?? '–'} |`,
  );
  return `${INTRODUCTION}${rows.join('\n')}\n`;
}
