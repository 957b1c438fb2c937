/** Thrown with the reason why a tool is unavailable here; its checks are then skipped and listed by name. */
export class ToolMissing extends Error {}

/** Runs what fetches or builds a tool. Throws `ToolMissing` with the last line that it printed. */
export function attempt(what, run) {
  try {
    run();
  } catch (error) {
    const reason = String(error.stderr ?? error.message)
      .trim()
      .split('\n')
      .at(-1);
    throw new ToolMissing(`${what} cannot be had: ${reason}`);
  }
}
