/** What an experienced reader would conclude from the output of a failed step: rows of a pattern and what to do. */
const remedies = [
  [
    /ENOSPC|No space left on device/,
    'free some disk space (a full set-up takes about 2 GB) and run the command again',
  ],
  [
    /Killed|signal 9|internal compiler error: Killed/,
    'the compiler ran out of memory: run again with JOBS=1 MAKEFLAGS=-j1',
  ],
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|network/,
    'check the network and the proxy settings of npm (`npm config get proxy`)',
  ],
  [
    /can only install packages when your package.json and package-lock.json/,
    'run `npm install` and commit package-lock.json',
  ],
  [/EACCES|EPERM/, 'the folder belongs to another user: give yourself write access to it'],
  [/find any Python/i, 'apt-get install python3'],
  [/g\+\+: (not found|command not found|No such file)/i, 'apt-get install g++'],
  [/make: (not found|command not found)|not found: make/, 'apt-get install make'],
  [
    /-std=c\+\+(17|20).*unrecognized|unrecognized.*-std=c\+\+/,
    'the C++ compiler is too old: use g++ 10 or clang 12 or later',
  ],
];

/** The advice for the first known pattern in `output`, if any. */
export function remedyFor(output) {
  return remedies.find(([pattern]) => pattern.test(output))?.[1];
}
