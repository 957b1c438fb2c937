/**
 * Preloaded with `--require`: sessions of ONNX Runtime compute exact int8 products, on a CPU without VNNI too, where
 * they would saturate (docs/adr/0023-session-options.md). So other CPUs are compared with what all of them should say.
 */
const Module = require('node:module');

const load = Module._load;
const patched = new WeakSet();

Module._load = function (...request) {
  const loaded = load.apply(this, request);
  const Session = loaded?.InferenceSession;
  if (typeof Session?.create === 'function' && !patched.has(Session)) {
    patched.add(Session);
    const create = Session.create;
    Session.create = (model, options = {}) =>
      create.call(Session, model, {
        ...options,
        extra: { ...options.extra, session: { x64quantprecision: '1' } },
      });
  }
  return loaded;
};
