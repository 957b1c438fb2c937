/** `kubesentiment consume` with a model that sleeps. Arguments: microseconds a message, then `key=value` settings. */
import { collect } from '../../src/cli/common.ts';
import { runConsume } from '../../src/cli/consume.ts';
import { sleepingBackend } from './sleeping-backend.ts';

const [usPerRow, ...settings] = process.argv.slice(2);
const set = settings.reduce<Record<string, string>>((all, setting) => collect(setting, all), {});
process.exitCode = await runConsume({ set }, process.env, { backend: sleepingBackend(Number(usPerRow)) });
