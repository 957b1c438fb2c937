import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KubesentimentError } from '../errors.ts';
import type { ModelInput } from '../types.ts';

/** What scripts/model-import/main.py reads. All paths are absolute. */
export interface GraphJob {
  readonly graph: string;
  /** Files beside the graph that hold its weights. */
  readonly weights: readonly string[];
  /** Where the new graph goes, with its weights inside. */
  readonly out: string;
  readonly inputs: readonly ModelInput[];
  /** The output with the logits. */
  readonly output: string;
  readonly padId: number;
  readonly padLeft: boolean;
  /** Position of the first token, for a graph that wants positions. */
  readonly firstPosition: number;
  readonly rowsFixed: number | null;
  readonly widthFixed: number | null;
  /** Token ids of sample texts, with special tokens. The graph is tried and calibrated with them. */
  readonly rows: readonly (readonly number[])[];
  readonly quantize: boolean;
}

/** What it has done. */
export interface GraphReport {
  /** Empty: nothing was slow. */
  readonly changes: readonly string[];
  /** What could not be done, and why: whole sentences. */
  readonly notes: readonly string[];
  /** Before and after. */
  readonly nodes: readonly [number, number];
  /** With `quantize`. */
  readonly calibration: Calibration | null;
  /** The packages and their versions. */
  readonly tools: string;
}

export interface Calibration {
  /** Texts that the scales were measured on, and further ones that the share to cut off was chosen by. */
  readonly texts: number;
  readonly judged: number;
  /** Share of the numbers beyond each end of the scales. */
  readonly cut: number;
  /** Mean difference of a logit, on the further texts. */
  readonly logitsApart: number;
}

type Answer =
  | GraphReport
  | { readonly tooOld: string }
  | { readonly missing: readonly string[] }
  | { readonly refused: string; readonly remedy: string };

const folder = fileURLToPath(new URL('../../../scripts/model-import/', import.meta.url));
const KEEP = 'leave the graph as it is with --keep-graph';

/**
 * Lets Python rewrite a graph. KS_PYTHON_MISSING without it or its packages, KS_MODEL_UNSUPPORTED if the graph cannot
 * be rewritten. `signal` ends it at once.
 */
export async function rewriteGraph(python: string, job: GraphJob, signal: AbortSignal): Promise<GraphReport> {
  const { code, stdout, stderr } = await run(python, JSON.stringify(job), signal);
  const answer = code === 0 ? answerOf(stdout) : undefined;
  if (answer === undefined) {
    const reason = stderr.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
    throw new KubesentimentError(
      'KS_MODEL_UNSUPPORTED',
      `The graph cannot be rewritten (${reason || `${python} ended with ${code}`}).`,
      { remedy: `To ${KEEP} is possible.` },
    );
  }
  if ('tooOld' in answer) {
    throw missing(`${python} is Python ${answer.tooOld}`, 'Name a newer one with --python');
  }
  if ('missing' in answer) throw missingPackages(python, answer.missing);
  if ('refused' in answer) {
    throw new KubesentimentError('KS_MODEL_UNSUPPORTED', answer.refused, { remedy: answer.remedy });
  }
  return answer;
}

/** Its last line: a package may print something of its own. */
function answerOf(stdout: string): Answer | undefined {
  try {
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Answer;
  } catch {
    return undefined;
  }
}

interface Ended {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

function run(python: string, input: string, signal: AbortSignal): Promise<Ended> {
  return new Promise((resolve, reject) => {
    // Without -B it would leave compiled files beside the program, which may be in node_modules.
    const child = spawn(python, ['-B', join(folder, 'main.py')], { signal, killSignal: 'SIGKILL' });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-10_000);
    });
    child.on('error', (cause) =>
      reject(signal.aborted ? cause : missing(`${python} cannot be started`, INSTALL, cause)),
    );
    child.on('close', (code, killed) => resolve({ code: code ?? killed ?? 'nothing', stdout, stderr }));
    child.stdin.on('error', () => undefined); // it ended before it read everything, and says why
    child.stdin.end(input);
  });
}

const INSTALL = 'Install it ("apt-get install python3 python3-venv"), name another one with --python';

function missing(what: string, remedy: string, cause?: unknown): KubesentimentError {
  const message = `The graph is rewritten with Python 3.10 or later, and ${what}.`;
  return new KubesentimentError('KS_PYTHON_MISSING', message, { remedy: `${remedy}, or ${KEEP}.`, cause });
}

function missingPackages(python: string, names: readonly string[]): KubesentimentError {
  const install = `${python} -m venv import-env && import-env/bin/pip install -r "${join(folder, 'requirements.txt')}"`;
  return new KubesentimentError(
    'KS_PYTHON_MISSING',
    `The graph is rewritten with Python, and ${python} has no package ${names.join(', ')}.`,
    { remedy: `Run '${install}' and add --python import-env/bin/python, or ${KEEP}.` },
  );
}
