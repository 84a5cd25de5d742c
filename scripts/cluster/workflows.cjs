// The workflow of the cluster test, which takes several timers.
const { sleep } = require("@temporalio/workflow");

exports.nap = async () => {
  for (let timers = 0; timers < 4; timers++) await sleep(900);
};
