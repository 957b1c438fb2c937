/**
 * Asks the service of this container how it is: `node docker/healthcheck.mjs /livez`. Exit code 0: well.
 * The port is that of the environment (HTTP_PORT), else the default; other set-ups name it as a second argument.
 */
const [path = '/livez', port = process.env.MLOPS_HTTP_PORT ?? process.env.HTTP_PORT ?? '8000'] =
  process.argv.slice(2);

try {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(4_000) });
  console.log(await answer.text());
  process.exitCode = answer.ok ? 0 : 1;
} catch (error) {
  console.error(`Nothing answers on port ${port}: ${error.cause?.code ?? error.name}`);
  process.exitCode = 1;
}
