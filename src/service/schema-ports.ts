import type { Config } from '../config/schema.ts';
import { TopicRequests } from '../config/topic-requests.ts';
import type { SchemaPort } from '../decode/binding.ts';
import type { SchemaReader } from '../registry/open-schemas.ts';

type Program = Parameters<SchemaPort['setSchema']>;
interface Target {
  schemas(shape: number): SchemaPort;
}

/**
 * Hands the programs of schemas to the decoders in use, and remembers them for the next one: a registry is asked for
 * a schema only once.
 */
export class SchemaPorts {
  readonly #current: () => readonly Target[];
  /** By shape, then by id as latin1. */
  readonly #programs = new Map<number, Map<string, Program>>();

  constructor(current: () => readonly Target[]) {
    this.#current = current;
  }

  /** For each shape that requests have. */
  readersOf(config: Config): SchemaReader[] {
    return new TopicRequests(config).all.map((request, shape) => ({ request, port: this.of(shape) }));
  }

  of(shape: number): SchemaPort {
    const programs = new Map<string, Program>();
    this.#programs.set(shape, programs);
    return {
      setSchema: (...program) => {
        programs.set(keyOf(program[0]), program);
        for (const target of this.#current()) target.schemas(shape).setSchema(...program);
      },
      removeSchema: (id) => {
        programs.delete(keyOf(id));
        for (const target of this.#current()) target.schemas(shape).removeSchema(id);
      },
    };
  }

  /** Tells a decoder that will be in use everything it has to know. */
  fill(target: Target): void {
    for (const [shape, programs] of this.#programs)
      for (const program of programs.values()) target.schemas(shape).setSchema(...program);
  }
}

function keyOf(id: Uint8Array): string {
  return Buffer.from(id).toString('latin1');
}
