// Writes the bundle of the workflows' code, which a worker would make anew at each start, to the path that is its argument.
const { writeFileSync } = require("node:fs");
const process = require("node:process");
const { bundleWorkflowCode } = require("@temporalio/worker");

const logger = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };
bundleWorkflowCode({ workflowsPath: require.resolve("./workflows.cjs"), logger })
  .then(({ code }) => writeFileSync(process.argv[2], code));
