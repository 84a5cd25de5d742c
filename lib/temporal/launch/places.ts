import { valuesOfFlag } from "../../config/dev_server_args.ts";
import { isPort, type Settings } from "../../config/settings.ts";

/** An address that a server listens on, and the flag that sets it. */
export interface Place {
  host: string;
  port: number;
  flag: string;
}

/** The addresses that a Temporal with `settings` listens on. */
export function placesOf(settings: Settings): Place[] {
  const { ip, port, headless, uiIp, uiPort } = settings;
  const others = ["metrics-port", "http-port"].flatMap((name) => {
    const given = Number(valuesOfFlag(settings, name).at(-1)); // also in `extraArgs`
    return isPort(given) ? [{ host: ip, port: given, flag: `--${name}` }] : [];
  });
  return [
    { host: ip, port, flag: "--port" },
    ...(headless ? [] : [{ host: uiIp ?? ip, port: uiPort, flag: "--ui-port" }]),
    ...others,
  ];
}
