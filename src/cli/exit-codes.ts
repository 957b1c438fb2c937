/** What the exit code of a command says: code, command (empty: every one), meaning. */
const exitCodes = [
  [0, '', 'done'],
  [1, '', 'failed; the last lines on standard error say why'],
  [1, 'lag', 'a partition is stalled or blocked'],
  [1, 'doctor', 'a check failed; with `--watch`, the service was stuck when it was asked last'],
  [1, 'config diff', 'the configurations are different; 2 if they could not be compared'],
  [1, 'bench', 'the target was missed, or something was lost or doubled'],
  [1, 'verify', 'the promise of `kafka.delivery` was broken'],
  [2, '', 'wrong usage or configuration, or a model that cannot be served'],
  [3, 'verify', 'nothing breaks the promise, but not everything could be checked'],
  [70, 'consume', 'the event loop stood still for longer than `watchdog_timeout_ms`; start it again'],
  [130, 'consume', 'a second signal ended it at once'],
] as const;

/** For `--help`. */
export function exitCodesText(command = ''): string {
  const rows = exitCodes.filter(([, who]) => command === '' || who === '' || who === command);
  return [
    '',
    'Exit codes:',
    ...rows.map(([code, who, meaning]) => {
      const where = who === '' || command !== '' ? '' : `${who}: `;
      return `  ${String(code).padStart(3)}  ${where}${meaning.replaceAll('`', '')}`;
    }),
  ].join('\n');
}

/** For the documentation. */
export function exitCodesMarkdown(): string[] {
  return [
    '| exit code | of | meaning |',
    '|---|---|---|',
    ...exitCodes.map(
      ([code, who, meaning]) => `| ${code} | ${who === '' ? 'every command' : `\`${who}\``} | ${meaning} |`,
    ),
  ];
}
