/** The HTTPS listener's certificate: made, kept, renewed, read again; seen by real clients. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  fileSource,
  type KeyPairSource,
  selfSignedSource,
} from "../../../src/edge/key-pair-source.ts";
import { certificateNames, selfSignedPair, staleness } from "../../../src/edge/self-signed.ts";
import { HttpListener, type KeyPair } from "../../../src/lib/http-listener.ts";
import { type TempDir, tempDir } from "../../helpers/temp-dir.ts";
import { waitFor } from "../../helpers/wait-for.ts";
import { SELF_SIGNED } from "../../unit/cli/self-signed.ts";

const DAY_MS = 86_400_000;
const NAMES = ["localhost", "127.0.0.1", "::1", "guest.example.org"];
const now = Date.now();
const log = (): void => undefined;

let folder: TempDir;
let running: { readonly listener: HttpListener; readonly source: KeyPairSource } | undefined;

beforeEach(async () => {
  folder = await tempDir("tls");
});
afterEach(async () => {
  running?.source.stop();
  running?.listener.closeNow();
  running = undefined;
  await folder[Symbol.asyncDispose]();
});

async function listen(source: KeyPairSource): Promise<HttpListener> {
  const listener = await HttpListener.listen({
    host: "127.0.0.1",
    port: 0,
    portFlag: "--tls-port",
    headerBytesMax: 16_384,
    keyPair: source.first,
  });
  listener.serve((_request, response) => response.end("here"));
  source.watch((pair) => listener.renew(pair));
  running = { listener, source };
  return listener;
}

/** Asks as a client that trusts `ca` alone; gives the body. */
function ask(port: number, ca: string, servername: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, ca, servername, agent: false };
    get(options, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      response.on("end", () => resolve(body));
    }).on("error", reject);
  });
}

/** PEM of the certificate that a new connection is shown. */
function shown(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.toString() ?? "");
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

const selfSigned = (more: { now?: () => number; names?: readonly string[]; everyMs?: number }) =>
  selfSignedSource({
    folder: join(folder.path, "tls"),
    names: more.names ?? NAMES,
    log,
    now: more.now ?? (() => now),
    everyMs: more.everyMs ?? DAY_MS,
  });

describe("a self-signed certificate", () => {
  test("is trusted by who is given it, under each of its names", async () => {
    const source = await selfSigned({});
    const { port } = await listen(source);
    for (const name of ["localhost", "guest.example.org"]) {
      expect(await ask(port, source.first.cert, name)).toBe("here");
    }
    await expect(ask(port, source.first.cert, "other.org")).rejects.toThrow(/altnames/);
    await expect(ask(port, SELF_SIGNED.cert, "localhost")).rejects.toThrow(/self-signed/);
  });

  test("has its key in a file that nobody else reads", async () => {
    await selfSigned({});
    const mode = (name: string) => statSync(join(folder.path, "tls", name)).mode & 0o777;
    expect(mode("key.pem")).toBe(0o600);
    expect(statSync(join(folder.path, "tls")).mode & 0o777).toBe(0o700);
  });

  test("is the same after a restart", async () => {
    const { first } = await selfSigned({});
    expect((await selfSigned({})).first).toEqual(first);
  });

  test("is made anew 30 days before it ends, while the server runs", async () => {
    let clock = now;
    const source = await selfSigned({ now: () => clock, everyMs: 10 });
    const { port } = await listen(source);
    expect(staleness(source.first, NAMES, now + 366 * DAY_MS)).toBeUndefined();
    clock = now + 368 * DAY_MS;
    const next = await waitFor("another certificate", async () => {
      const pem = await shown(port);
      return pem.trim() !== source.first.cert.trim() && pem;
    });
    expect(readFileSync(join(folder.path, "tls", "cert.pem"), "utf8").trim()).toBe(next.trim());
  });

  test("is made anew for another name, a foreign key, and what cannot be read", async () => {
    const made: KeyPair[] = [(await selfSigned({})).first];
    made.push((await selfSigned({ names: [...NAMES, "api.example.org"] })).first);
    const keyFile = join(folder.path, "tls", "key.pem");
    writeFileSync(keyFile, SELF_SIGNED.key);
    made.push((await selfSigned({})).first);
    writeFileSync(keyFile, "");
    made.push((await selfSigned({})).first);
    expect(new Set(made.map(({ cert }) => cert)).size).toBe(4);
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
  });

  test("a folder that cannot be made is told", async () => {
    writeFileSync(join(folder.path, "file"), "");
    await expect(selfSignedPair(join(folder.path, "file", "tls"), NAMES, now)).rejects.toThrow(
      /ENOTDIR/,
    );
  });
});

test("the names are those that clients can reach the server by", () => {
  const server = {
    machineName: "Box",
    listenHosts: ["0.0.0.0", "127.0.0.1", "192.0.2.1"],
    vanityHosts: ["Example.org"],
  };
  const fixed = ["localhost", "box", "127.0.0.1", "::1"];
  const names = [...fixed, "192.0.2.1", "example.org", "*.example.org"];
  expect(certificateNames(server)).toEqual(names);
});

describe("a certificate of one's own", () => {
  const paths = () => ({ cert: join(folder.path, "c.pem"), key: join(folder.path, "k.pem") });
  const write = ({ cert, key }: KeyPair): void => {
    writeFileSync(paths().cert, cert);
    writeFileSync(paths().key, key);
  };

  test("is served, and the next one as soon as both files are there", async () => {
    write(SELF_SIGNED);
    const warned: string[] = [];
    const source = await fileSource({
      ...paths(),
      log: (level, text) => warned.push(`${level} ${text}`),
      everyMs: 10,
    });
    const { port } = await listen(source);
    expect((await shown(port)).trim()).toBe(SELF_SIGNED.cert.trim());
    const next = await selfSignedPair(join(folder.path, "next"), NAMES, now);
    writeFileSync(paths().cert, next.cert);
    await waitFor("the half of it to be refused", () =>
      warned.some((line) => line === "warn the changed certificate is not used (yet)"),
    );
    expect((await shown(port)).trim()).toBe(SELF_SIGNED.cert.trim());
    writeFileSync(paths().key, next.key);
    await waitFor("the next one", async () => (await shown(port)).trim() === next.cert.trim());
    expect(await ask(port, next.cert, "localhost")).toBe("here");
  });

  test("the next one is seen, too, that comes before anybody watches", async () => {
    write(SELF_SIGNED);
    const source = await fileSource({ ...paths(), log, everyMs: 10 });
    const next = await selfSignedPair(join(folder.path, "next"), NAMES, now);
    write(next);
    const { port } = await listen(source);
    await waitFor("the next one", async () => (await shown(port)).trim() === next.cert.trim());
  });

  test("connections that are open stay so", async () => {
    write(SELF_SIGNED);
    const source = await fileSource({ ...paths(), log, everyMs: 10 });
    const { port } = await listen(source);
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false });
    await new Promise<void>((resolve) => socket.once("secureConnect", resolve));
    const next = await selfSignedPair(join(folder.path, "next"), NAMES, now);
    write(next);
    await waitFor("the next one", async () => (await shown(port)).trim() === next.cert.trim());
    const answer = new Promise<string>((resolve) => {
      socket.once("data", (data) => resolve(data.toString("latin1")));
    });
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(await answer).toMatch(/^HTTP\/1.1 200 OK/);
    socket.destroy();
  });

  test.for([
    ["that is not there", /ENOENT/],
    ["with the key of another one", /key values mismatch/],
    ["that is no certificate", /no start line|PEM/i],
  ] as const)("one %s stops the start", async ([what, reason]) => {
    if (what === "with the key of another one") {
      const other = await selfSignedPair(join(folder.path, "other"), NAMES, now);
      write({ cert: SELF_SIGNED.cert, key: other.key });
    }
    if (what === "that is no certificate") write({ cert: "x", key: "y" });
    const { cert, key } = paths();
    const start = fileSource({ cert, key, log });
    await expect(start).rejects.toThrow(`tls.cert ${cert} with tls.key ${key} cannot be used`);
    await expect(start).rejects.toThrow(reason);
  });
});
