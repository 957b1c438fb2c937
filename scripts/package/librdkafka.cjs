'use strict';
// In the place of node-rdkafka's own file, which would look for a compiled binding with the package "bindings".
module.exports = require(require('./binding.cjs').path);
