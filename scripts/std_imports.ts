/** Imports every @std package of the tool and its tests, so that scripts/deno_config.sh can look for them in Deno's cache. */
import "@std/assert";
import "@std/cli/parse-args";
import "@std/fs/ensure-dir";
