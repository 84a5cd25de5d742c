/** Every package of @std that the tool and its tests import: what scripts/deno_config.sh looks for in Deno's cache. */
import "@std/assert";
import "@std/cli/parse-args";
import "@std/fs/ensure-dir";
import "@std/fs/exists";
