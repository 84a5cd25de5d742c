import { runWorker } from "../../shared/temporal.ts";

await runWorker("shipping", import.meta.url);
