'use strict';

/** What `requireModule` returns. A Node that cannot `require` an ES module gets told so in a sentence. */
exports.load = (name, requireModule) => {
  try {
    return requireModule();
  } catch (cause) {
    if (cause.code !== 'ERR_REQUIRE_ESM') throw cause;
    const error = new Error(
      `Node ${process.versions.node} cannot load ${name} with require, because it is an ES module. ` +
        `Use "await import('${name}')" instead, or Node 20.19, 22.12 or later.`,
      { cause },
    );
    throw Object.assign(error, { code: cause.code });
  }
};
