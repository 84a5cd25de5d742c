// The workflows of the chaos test: the worker may be killed in the middle of the activity, which is tried again then.
const { proxyActivities } = require("@temporalio/workflow");

const { pause } = proxyActivities({ startToCloseTimeout: "3s", retry: { initialInterval: "100ms" } });

exports.chaos = async (ms) => {
  await pause(ms);
};
