/** What TypeScript believes of the addon is what the addon is: methods, arguments, options, by name and number. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadBinding } from '../../../src/decode/binding.ts';
import { root } from '../../helpers/paths.ts';

const typescript = readFileSync(join(root, 'src/decode/binding.ts'), 'utf8');
const folder = join(root, 'native/node');
const native = readdirSync(folder)
  .filter((name) => name.endsWith('.cc'))
  .map((name) => readFileSync(join(folder, name), 'utf8'))
  .join('\n');

/** Members of an interface of binding.ts, inherited ones too: the names of its parameters, undefined for a property. */
function membersOf(name: string): Map<string, string[] | undefined> {
  const found = new RegExp(`export interface ${name} (?:extends (\\w+) )?\\{\\n([\\s\\S]*?)\\n\\}`).exec(
    typescript,
  );
  const [, base, body] = found ?? [];
  assert.ok(body !== undefined, `There is no interface ${name}.`);
  const code = body.replace(/\/\*\*[\s\S]*?\*\//g, '');
  const members = base === undefined ? new Map<string, string[] | undefined>() : membersOf(base);
  for (const [, member, parameters] of code.matchAll(/^ {2}(?:readonly )?(\w+)(?:\(([^;]*)\))?: /gm)) {
    const names = parameters?.replaceAll(/\([^()]*\)/g, '').matchAll(/(?:^|,)\s*(\w+): /g);
    members.set(member as string, names && Array.from(names, ([, parameter]) => parameter as string));
  }
  return members;
}

/** The body of a C++ function, and of those that it hands its arguments on to. */
function bodyOf(name: string): string {
  const start = `\\b(?:Native(?:Decoder|Reader)::)?${name}\\(const Napi::CallbackInfo&[^)]*\\)`;
  const body = new RegExp(`${start} \\{([^\\n]*\\}\\n|[\\s\\S]*?\\n\\}\\n)`).exec(native)?.[1];
  assert.ok(body !== undefined, `${name} is not defined.`);
  return body + Array.from(body.matchAll(/(\w+)\(info,/g), ([, next]) => bodyOf(next as string)).join('');
}

/** How many arguments a C++ function reads, and what it calls them in its errors, where it does. */
function argumentsOf(name: string): { readonly count: number; readonly names: ReadonlyMap<number, string> } {
  const body = bodyOf(name);
  const read = new Set(Array.from(body.matchAll(/\binfo\[(\d+)\]/g), ([, index]) => Number(index)));
  for (let i = 0; i < read.size; i++) assert.ok(read.has(i), `${name} never reads its argument ${i}.`);
  const named = body.matchAll(/\bget_\w+\([\w.()]+, info\[(\d+)\],[^;&]*?"(\w+)",/g);
  const names = new Map(Array.from(named, ([, index, text]) => [Number(index), text as string]));
  return { count: read.size, names };
}

function assertSameArguments(method: string, parameters: readonly string[], cFunction: string): void {
  const { count, names } = argumentsOf(cFunction);
  assert.equal(count, parameters.length, `${method}(${parameters.join(', ')})`);
  for (const [index, name] of names) assert.equal(name, parameters[index], `argument ${index} of ${method}`);
}

test('methods of the decoder: the same in TypeScript, in C++ and in the addon that was built', () => {
  const members = membersOf('NativeDecoder');
  const registered = Array.from(
    native.matchAll(/InstanceMethod<&NativeDecoder::(\w+)>\("(\w+)"\)/g),
    ([, cFunction, method]) => ({ cFunction: cFunction as string, method: method as string }),
  );
  const { NativeDecoder } = loadBinding();
  const built = Object.getOwnPropertyNames(NativeDecoder.prototype).filter((name) => name !== 'constructor');
  const expected = [...members.keys()].sort();
  assert.deepEqual(registered.map(({ method }) => method).sort(), expected);
  assert.deepEqual(built.sort(), expected);
  for (const { cFunction, method } of registered) {
    assertSameArguments(method, members.get(method) ?? [], cFunction);
  }
});

test('exports: the same, functions with as many arguments', () => {
  const members = membersOf('NativeBinding');
  assert.deepEqual(Object.keys(loadBinding()).sort(), [...members.keys()].sort());
  const functions = native.matchAll(/exports\.Set\("(\w+)", Napi::Function::New\(env, (\w+)\)\)/g);
  const checked = Array.from(functions, ([, name, cFunction]) => {
    assertSameArguments(name as string, members.get(name as string) ?? [], cFunction as string);
    return name as string;
  });
  const withParameters = [...members].flatMap(([name, parameters]) =>
    parameters === undefined ? [] : [name],
  );
  assert.deepEqual(checked.sort(), withParameters.sort());
});

test('options of the decoder: each is read, and no other', () => {
  const read = native.matchAll(/\boptions\.Get\("(\w+)"\)|\.bind\(options, "(\w+)"/g);
  const names = new Set(Array.from(read, ([, got, bound]) => got ?? bound));
  assert.deepEqual([...names].sort(), [...membersOf('NativeOptions').keys()].sort());
});

test('statuses of encrypted requests: the same names, each a number of its own', () => {
  const { encryptionStatus } = loadBinding();
  assert.deepEqual(Object.keys(encryptionStatus).sort(), [...membersOf('EncryptionStatus').keys()].sort());
  const numbers = Object.values(encryptionStatus);
  assert.ok(numbers.every((status) => Number.isInteger(status) && status > 0));
  assert.equal(new Set(numbers).size, numbers.length);
});
