import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { startInImage } from './image-run.mjs';
import { root } from './run.mjs';

const { services } = parse(readFileSync(join(root, 'docker-compose.kafka.yml'), 'utf8'), { merge: true });

/**
 * The services of docker-compose.kafka.yml that run our image, as processes in it. Entry point, command, environment
 * and health check are taken from the file, with the replacements in `here`: addresses of containers → addresses on
 * this machine.
 *
 * @param {{ folder: string, config: object }} image
 * @param {Record<string, string>} here
 */
export function composeIn(image, here) {
  const adapt = (word) => here[word] ?? word;
  const environmentOf = ({ environment }) =>
    Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, adapt(String(value))]));
  const start = (name, command, input) => {
    const service = services[name];
    const words = [
      ...(service.entrypoint ?? image.config.Entrypoint),
      ...(command ?? service.command ?? image.config.Cmd),
    ];
    return startInImage(image, words.map(adapt), { env: environmentOf(service), input });
  };
  return {
    /** `docker-compose up`. */
    start,
    /** `docker-compose run NAME COMMAND…`: resolves with its output; rejects if it fails. */
    async run(name, command, input) {
      const process = start(name, command, input);
      const code = await process.exited;
      if (code !== 0)
        throw new Error(`${name} ${command?.[0] ?? ''}: exit code ${code}\n${process.output()}`);
      return process.output();
    },
    /** The health check of a service: true if it passes. */
    async isHealthy(name) {
      const [, ...words] = services[name].healthcheck.test;
      const check = startInImage(image, words.map(adapt), { env: environmentOf(services[name]) });
      return (await check.exited) === 0;
    },
  };
}
