import type { Namespace, Type } from 'protobufjs';
import { describeError } from '../errors.ts';
import type { RegisteredSchema } from './registered-schema.ts';
import { UnreadableSchema } from './program-writer.ts';

/** The messages of a file, each with its place: "0.2" is the third message inside the first. */
export type MessageTypes = readonly (readonly [path: string, type: Type])[];

/** Reads a .proto file and what it imports. protobufjs is loaded with the first of them. Throws UnreadableSchema. */
export async function protobufTypes({ text, references }: RegisteredSchema): Promise<MessageTypes> {
  const { default: protobuf } = await import('protobufjs');
  const root = new protobuf.Root();
  const read = (source: string) => {
    try {
      return protobuf.parse(source, root, { keepCase: true });
    } catch {
      throw new UnreadableSchema('It is no .proto file that can be read.');
    }
  };
  const { package: name, imports = [] } = read(text);
  const file = name === undefined ? root : (root.lookup(name) as Namespace);
  const types = typesIn(file, '', (each): each is Type => each instanceof protobuf.Type);
  const needed = new Set(imports);
  for (const reference of references) for (const each of read(reference.text).imports ?? []) needed.add(each);
  for (const each of needed) {
    const common = protobuf.common.get(each);
    if (common?.nested !== undefined && !references.some((reference) => reference.name === each))
      root.addJSON(common.nested);
  }
  try {
    root.resolveAll();
  } catch (error) {
    throw new UnreadableSchema(`It refers to something that is not there: ${describeError(error)}.`);
  }
  return types;
}

function typesIn(
  space: Namespace,
  before: string,
  isType: (each: unknown) => each is Type,
): (readonly [string, Type])[] {
  return space.nestedArray.filter(isType).flatMap((type, i) => {
    const path = `${before}${i}`;
    return [[path, type] as const, ...typesIn(type, `${path}.`, isType)];
  });
}
