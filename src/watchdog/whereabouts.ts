import { type Debugger, Session } from 'node:inspector';
import { basename } from 'node:path';

const FRAMES_MAX = 6;

/**
 * Where the main thread is, as lines like "decode (decoder.js:87)", innermost first. It stays stopped there until
 * `release`. Empty if it did not answer in time, because it is in native code; undefined if a debugger holds it.
 * Call it in another thread.
 */
export function whereIsMainThread(
  timeoutMs: number,
  session = new Session(),
): Promise<{ frames: string[] | undefined; release: () => void }> {
  const scripts = new Map<string, string>();
  return new Promise((resolve) => {
    let hasAsked = false;
    let isAnswered = false;
    const answer = (frames: string[] | undefined): void => {
      isAnswered = true;
      clearTimeout(timer);
      resolve({ frames, release: () => session.disconnect() });
    };
    const timer = setTimeout(answer, timeoutMs, []);
    session.on('Debugger.scriptParsed', ({ params }) => scripts.set(params.scriptId, params.url));
    session.on('Debugger.paused', ({ params }) => {
      answer(
        hasAsked ? params.callFrames.slice(0, FRAMES_MAX).map((frame) => lineOf(frame, scripts)) : undefined,
      );
    });
    try {
      session.connectToMainThread();
      session.post('Debugger.enable', () => {
        if (isAnswered) return; // it was held already, or took too long; the session may be closed by now
        hasAsked = true;
        session.post('Debugger.pause');
      });
    } catch {
      answer([]); // Node was built without its inspector
    }
  });
}

function lineOf(
  { functionName, location }: Debugger.CallFrame,
  scripts: ReadonlyMap<string, string>,
): string {
  const file = basename(scripts.get(location.scriptId) ?? '');
  return `${functionName || '(anonymous)'} (${file}:${location.lineNumber + 1})`;
}
