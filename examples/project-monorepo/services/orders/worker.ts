import { runWorker } from "../../shared/temporal.ts";
import * as activities from "./activities.ts";

await runWorker("orders", import.meta.url, { activities });
