import { createHash, type Hash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  statSync,
} from 'node:fs';
import { basename, dirname, isAbsolute, join, normalize, relative } from 'node:path';
import { invalid } from './model-error.ts';

/** Where exporters put the graph, in the order in which we look. */
const usualPaths = [
  'model.onnx',
  'onnx/model.onnx',
  'model_quantized.onnx',
  'onnx/model_quantized.onnx',
] as const;
/** Files that decide about the token ids; each may be missing. */
export const tokenizerFiles = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'vocab.txt',
] as const;

const GIT_LFS = 'version https://git-lfs';
const HEAD_BYTES = 512;
const CHUNK_BYTES = 1 << 20;

/** Refuses what is often found in the place of a file: a pointer of Git LFS, a web page, nothing. */
export function checkFile(root: string, file: string): void {
  const path = join(root, file);
  if (!existsSync(path)) throw missing(root, file);
  if (!statSync(path).isFile()) throw invalid(root, `has a ${file} that is not a file`);
  const head = headOf(path);
  if (head.startsWith(GIT_LFS)) {
    throw invalid(root, `has only the Git LFS pointer of ${file}, not the file itself`, {
      remedy: 'Run "git lfs pull" in the directory (after "git lfs install" if that is new).',
    });
  }
  if (/^\s*<(!doctype html|html|head|\?xml)/i.test(head)) {
    throw invalid(root, `has a web page in the place of ${file}`, {
      remedy: 'Download the file again; the address gave a page, such as one that asks you to log in.',
    });
  }
  if (head === '') {
    throw invalid(root, `has a ${file} that is empty`, { remedy: 'Download or copy the file again.' });
  }
}

/** Also if it is a link that leads nowhere, which `checkFile` refuses. */
export function isListed(root: string, file: string): boolean {
  return lstatSync(join(root, file), { throwIfNoEntry: false }) !== undefined;
}

function missing(root: string, file: string) {
  if (!isListed(root, file)) return invalid(root, `has no ${file}`);
  const target = readlinkSync(join(root, file));
  return invalid(root, `has a ${file} that is a link to ${target}, and nothing is there`, {
    remedy:
      'Copy the directory with what its links lead to ("cp -rL"), or mount all of it: the Hugging Face cache keeps ' +
      'the files in the folder blobs.',
  });
}

/** The graph to load, relative to the directory, and the others that are there. `file`: the one that is wanted. */
export function findOnnx(root: string, file: string | undefined): { file: string; others: string[] } {
  const found = listOnnx(root);
  const list = found.length === 0 ? 'there is no .onnx file at all' : `there are ${found.join(', ')}`;
  if (file !== undefined) {
    const wanted = normalize(isAbsolute(file) ? relative(root, file) : file);
    if (!existsSync(join(root, wanted))) {
      throw invalid(root, `has no ${file} (model.file); ${list}`, {
        remedy: 'Set model.file to one of them.',
      });
    }
    return { file: wanted, others: [] };
  }
  const usual = usualPaths.find((path) => found.includes(path));
  const only = usual ?? (found.length === 1 ? found[0] : undefined);
  if (only !== undefined) return { file: only, others: found.filter((other) => other !== only) };
  throw invalid(
    root,
    found.length === 0 ? 'has no ONNX file' : `has several ONNX files: ${found.join(', ')}`,
    { remedy: found.length === 0 ? howToExport(root) : 'Set model.file to the one that is meant.' },
  );
}

function howToExport(root: string): string {
  const isTrained = readdirSync(root).some((name) => /\.(safetensors|bin|pt|h5)$/.test(name));
  const command = 'optimum-cli export onnx --task text-classification --model';
  return isTrained
    ? `Its weights have to be exported: pip install "optimum-onnx[onnxruntime]", then "${command} DIR OUT".`
    : 'Copy or download the .onnx file of the model, too.';
}

function listOnnx(root: string): string[] {
  const list = (folder: string) => readdirSync(join(root, folder)).map((name) => join(folder, name));
  const isFolder = (name: string) => existsSync(join(root, name)) && statSync(join(root, name)).isDirectory();
  const top = list('.');
  // Folders like ..data of a Kubernetes volume hold the same files once more.
  const folders = top.filter((name) => !name.startsWith('.') && isFolder(name));
  return [...top, ...folders.flatMap(list)].filter((name) => name.endsWith('.onnx')).sort();
}

/** Files with weights that the graph names. */
export function findWeights(root: string, onnxFile: string, names: readonly string[]) {
  return names.map((name) => {
    const file = join(dirname(onnxFile), name);
    if (isAbsolute(name) || normalize(name).startsWith('..')) {
      throw invalid(root, `has a ${onnxFile} whose weights are outside its directory (${name})`);
    }
    if (!existsSync(join(root, file))) {
      throw invalid(root, `has no ${file}, where ${onnxFile} keeps its weights`, {
        remedy: 'Copy it beside the graph, under the name it had when the model was exported.',
      });
    }
    checkFile(root, file);
    return { name, path: join(root, file) };
  });
}

/**
 * The name under which results mention the model. A snapshot of the Hugging Face cache is named after its repository,
 * not after its commit, and the folder of a Kubernetes volume after the volume.
 */
export function nameOf(root: string): string {
  const commit = /^[0-9a-f]{40}$/;
  for (let folder = root; folder !== dirname(folder); folder = dirname(folder)) {
    const name = basename(folder);
    if (commit.test(name) || name === 'snapshots' || name.startsWith('..')) continue;
    return name.startsWith('models--') ? name.slice('models--'.length).replaceAll('--', '/') : name;
  }
  return basename(root);
}

/** Another graph, other weights, another tokenizer or other settings give another version. */
export function versionOf(paths: readonly string[], settings: object): string {
  const hash = createHash('sha256');
  for (const path of paths) {
    hash.update(`${basename(path)} ${statSync(path).size}\n`);
    addFile(hash, path);
  }
  return hash.update(JSON.stringify(settings)).digest('hex').slice(0, 12);
}

/** Weights may be larger than a buffer can be. */
function addFile(hash: Hash, path: string): void {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  const file = openSync(path, 'r');
  try {
    for (let size = -1; size !== 0; ) {
      size = readSync(file, chunk, 0, CHUNK_BYTES, null);
      hash.update(chunk.subarray(0, size));
    }
  } finally {
    closeSync(file);
  }
}

function headOf(path: string): string {
  const head = Buffer.alloc(HEAD_BYTES);
  const file = openSync(path, 'r');
  try {
    return head.subarray(0, readSync(file, head, 0, HEAD_BYTES, 0)).toString('latin1');
  } finally {
    closeSync(file);
  }
}

/** A JSON object. */
export function readJson<T>(root: string, file: string): T {
  checkFile(root, file);
  try {
    const value: unknown = JSON.parse(readFileSync(join(root, file), 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as T;
  } catch (cause) {
    throw invalid(root, `has a ${file} that is not JSON`, { cause });
  }
  throw invalid(root, `has a ${file} that is no JSON object`);
}
