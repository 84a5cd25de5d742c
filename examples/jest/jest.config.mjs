// The package is an ES module. Jest imports this file and the two named in it by itself; test files that are modules, or
// that call `await import("stigmer-local")`, need NODE_OPTIONS=--experimental-vm-modules (see package.json).
export default {
  globalSetup: "./temporal.setup.mjs",
  globalTeardown: "./temporal.teardown.mjs",
  transform: {},
};
