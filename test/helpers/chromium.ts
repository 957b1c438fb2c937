/** A real browser for the tests of the page: Debian's, or whichever is there. */
import { execFileSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import { type Browser, chromium } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

function find(): string | undefined {
  for (const name of names) {
    try {
      return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
    } catch {
      // the next one
    }
  }
  return undefined;
}

const executablePath = find();

/** For `{ skip: noChromium }`. */
export const noChromium: string | false =
  executablePath === undefined && 'there is no Chromium (apt-get install chromium)';

export async function openBrowser(t: TestContext): Promise<Browser> {
  // Chromium refuses its sandbox to root, which is who runs tests in a container.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({ executablePath: executablePath as string, args });
  t.after(() => browser.close());
  return browser;
}
