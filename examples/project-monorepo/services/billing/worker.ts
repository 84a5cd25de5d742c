import { runWorker } from "../../shared/temporal.ts";

await runWorker("billing", import.meta.url);
