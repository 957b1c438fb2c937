/** Writes the directories of the table in cases.ts. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type GraphOptions, graphOf } from './graphs.ts';
import { onnxModel } from './onnx-writer.ts';
import { tokenizerJson } from './tokenizer.ts';

/** A text, bytes, an object for JSON, a link to somewhere, or undefined: the file is left out. */
export type FileContent = string | Buffer | object | { readonly link: string } | undefined;
export type Files = Readonly<Record<string, FileContent>>;

export const labels = { id2label: { 0: 'NEGATIVE', 1: 'POSITIVE' } } as const;

/** The files of a plain classifier; `more` replaces, adds or leaves out some. */
export function filesOf(graph: GraphOptions = {}, config: object = labels, more: Files = {}): Files {
  return {
    'config.json': { model_type: 'bert', pad_token_id: 0, max_position_embeddings: 64, ...config },
    'tokenizer.json': tokenizerJson(),
    'model.onnx': onnxModel(graphOf(graph)),
    ...more,
  };
}

export interface Temporary {
  after(clean: () => void): void;
}

/** A new folder that is removed after the test. */
export function temporaryFolder(t: Temporary): string {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-model-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes the files into `folder`, and returns it. */
export function writeFiles(folder: string, files: Files): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    if (content === undefined) continue;
    if (typeof content === 'string' || Buffer.isBuffer(content)) writeFileSync(path, content);
    else if ('link' in content) symlinkSync(String(content.link), path);
    else writeFileSync(path, JSON.stringify(content));
  }
  return folder;
}
