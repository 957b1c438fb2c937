'use strict';
// `require('kubesentiment')`: the same module as `import`, so its classes are the same too.
const { load } = require('./load.cjs');

module.exports = load('kubesentiment', () => require('../dist/src/index.js'));
