/** A real browser for the page tests: Debian's, or whichever is installed. */
import { execFileSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import { type Browser, chromium } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

function find(): string | undefined {
  for (const name of names) {
    try {
      return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
    } catch {
      // try the next one
    }
  }
  return undefined;
}

const executablePath = find();

/** For `{ skip: noChromium }`. */
export const noChromium: string | false =
  executablePath === undefined && 'Chromium is not installed (apt-get install chromium)';

export async function openBrowser(t: TestContext): Promise<Browser> {
  // Chromium's sandbox does not work as root, and in containers tests run as root.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({ executablePath: executablePath as string, args });
  t.after(() => browser.close());
  return browser;
}
