import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { freePorts } from "../free_ports.ts";
import { saysServing, type Service, startService, temporalByHand } from "./support_strangers.ts";

/** Why certificates cannot be created here; false when they can. */
export const noOpenssl: string | false = spawnSync("openssl", ["version"]).status === 0
  ? false
  : "THERE IS NO openssl HERE: a Temporal behind TLS is not tried";

/** The name in the proxies' certificate, which no host has. */
export const SERVER_NAME = "temporal.test";
/** The API key that the proxy accepts. */
export const API_KEY = "key-of-the-test.s3cr3t";

/** An external Temporal, direct and behind three proxies; `end` terminates all of them. */
export interface ForeignTemporal extends Pick<Service, "end"> {
  /** `127.0.0.1:PORT` each: plain, with a client certificate, with an API key over TLS, and over plain HTTP/2. */
  address: string;
  mutualTls: string;
  keyed: string;
  keyedPlain: string;
  port: number;
  /** PEM files: `ca`, `other-ca`, `client`, `expired`, `stranger` (of another authority), with `.key` and `.pem`. */
  pem(name: string): string;
  /** The folder of the PEM files, and of a test's own files. */
  folder: string;
}

/** Starts an external Temporal and its proxies. */
export async function startForeignTemporal(): Promise<ForeignTemporal> {
  const folder = mkdtempSync(join(tmpdir(), "sl-foreign-"));
  const services: Service[] = [];
  const end = async () => {
    await Promise.all(services.map((service) => service.end()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    makeCertificates(folder);
    const pem = (name: string) => join(folder, name);
    const [a, b] = [await freePorts(), await freePorts()];
    services.push(await startService(temporalByHand(a.port), () => saysServing(a.port)));
    const tls = { cert: pem("server.pem"), key: pem("server.key") };
    services.push(
      await startProxy({ port: a.uiPort, upstream: a.port, tls: { ...tls, ca: pem("ca.pem") } }),
      await startProxy({ port: b.port, upstream: a.port, tls, apiKey: API_KEY }),
      await startProxy({ port: b.uiPort, upstream: a.port, apiKey: API_KEY }),
    );
    const at = (port: number) => `127.0.0.1:${port}`;
    return {
      address: at(a.port),
      mutualTls: at(a.uiPort),
      keyed: at(b.port),
      keyedPlain: at(b.uiPort),
      port: a.port,
      pem,
      folder,
      end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Starts a proxy in front of the Temporal on port `upstream` (`fixtures/guarded_proxy.mjs`). */
export async function startProxy(options: {
  port: number;
  upstream: number;
  tls?: { cert: string; key: string; ca?: string };
  apiKey?: string;
}): Promise<Service> {
  const script = fileURLToPath(new URL("./fixtures/guarded_proxy.mjs", import.meta.url));
  const command = [process.env["STIGMER_TEST_NODE"]!, script, JSON.stringify(options)];
  return await startService(command, (output) => output.includes("ready"));
}

function makeCertificates(folder: string): void {
  const pem = (name: string) => join(folder, name);
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const authority = (name: string) =>
    openssl(
      "req",
      "-x509",
      ...newKey,
      "-keyout",
      pem(`${name}.key`),
      "-out",
      pem(`${name}.pem`),
      "-days",
      "2",
      "-subj",
      `/CN=${name}`,
    );
  const certificate = (name: string, by: string, days: string) => {
    const names = join(folder, "names");
    writeFileSync(names, `subjectAltName=DNS:${name === "server" ? SERVER_NAME : name}\n`);
    openssl("req", ...newKey, "-keyout", pem(`${name}.key`), "-out", pem(`${name}.csr`), "-subj", `/CN=${name}`);
    const signer = ["-CA", pem(`${by}.pem`), "-CAkey", pem(`${by}.key`), "-CAcreateserial", "-extfile", names];
    openssl("x509", "-req", "-in", pem(`${name}.csr`), "-out", pem(`${name}.pem`), "-days", days, ...signer);
  };
  authority("ca");
  authority("other-ca");
  certificate("server", "ca", "1");
  certificate("client", "ca", "1");
  certificate("expired", "ca", "-1");
  certificate("stranger", "other-ca", "1");
}

function openssl(...args: string[]): void {
  const { status, stderr } = spawnSync("openssl", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`openssl ${args.join(" ")}: ${stderr}`);
}
