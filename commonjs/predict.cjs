'use strict';
// `require('kubesentiment/predict')`: the same module as `import`.
const { load } = require('./load.cjs');

module.exports = load('kubesentiment/predict', () => require('../dist/src/predict/index.js'));
