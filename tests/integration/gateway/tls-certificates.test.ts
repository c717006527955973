/** Several certificates of one name, and chains of clients' certificates. */

import { request as requestHttps } from "node:https";
import { type ConnectionOptions, connect } from "node:tls";
import { generate } from "selfsigned";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ProxyListener, startProxyListener } from "../../../src/gateway/listener.ts";
import { startGateway, type TestGateway } from "../../helpers/gateway.ts";

type Pair = { readonly cert: string; readonly key: string };

let gateway: TestGateway;
let secure: ProxyListener;
let rsa: Pair;
let ec: Pair;
let root: Pair;
let first: Pair;
let second: Pair;

async function makePair(
  name: string,
  { ca, keyType = "rsa" }: { readonly ca?: Pair; readonly keyType?: "rsa" | "ec" } = {},
): Promise<Pair> {
  const made = await generate([{ name: "commonName", value: name }], {
    algorithm: "sha256",
    keyType,
    extensions: [{ name: "basicConstraints", cA: true }],
    ...(ca === undefined ? {} : { ca: { ...ca } }),
  });
  return { cert: `${made.cert.trim()}\n`, key: made.private };
}

beforeAll(async () => {
  [rsa, ec, root] = await Promise.all([
    makePair("two.example"),
    makePair("two.example", { keyType: "ec" }),
    makePair("root"),
  ]);
  first = await makePair("first", { ca: root });
  second = await makePair("second", { ca: first });
  gateway = await startGateway();
  secure = await startProxyListener({
    gateway: gateway.gateway,
    host: "127.0.0.1",
    port: 0,
    tls: true,
  });
  await gateway.put("/ssls/1", { ...rsa, certs: [ec.cert], keys: [ec.key], sni: "two.example" });
  await gateway.put("/routes/1", { uri: "/", plugins: { mocking: { response_example: "in" } } });
});

afterAll(async () => {
  await secure.close();
  await gateway[Symbol.asyncDispose]();
});

/** The bits of the key of the certificate that is shown. */
function bitsShown(options: ConnectionOptions): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: "127.0.0.1",
      port: secure.port,
      servername: "two.example",
      rejectUnauthorized: false,
      ...options,
    });
    socket.once("error", reject);
    socket.once("secureConnect", () => {
      resolve(socket.getPeerCertificate().bits);
      socket.destroy();
    });
  });
}

describe("a name with an RSA and an ECDSA certificate", () => {
  test.each([
    ["TLSv1.3", { sigalgs: "RSA-PSS+SHA256" }, 2048],
    ["TLSv1.3", { sigalgs: "ECDSA+SHA256" }, 256],
    ["TLSv1.3", { sigalgs: "ECDSA+SHA256:RSA-PSS+SHA256" }, 256],
    ["TLSv1.3", {}, 256],
    ["TLSv1.2", { ciphers: "ECDHE-RSA-AES128-GCM-SHA256" }, 2048],
    ["TLSv1.2", { ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256", sigalgs: "ECDSA+SHA256" }, 256],
    ["TLSv1.2", {}, 2048],
  ] as const)("%s, %o: the one with a key of %i bits", async (version, options, bits) => {
    const versions = { minVersion: version, maxVersion: version };
    expect(await bitsShown({ ...versions, ...options })).toBe(bits);
  });
});

describe("client.depth", () => {
  function ask(servername: string, options: object): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const request = requestHttps(
        {
          host: "127.0.0.1",
          port: secure.port,
          servername,
          headers: { host: servername },
          rejectUnauthorized: false,
          agent: false,
          ...options,
        },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      request.on("error", reject).end();
    });
  }

  test.each([
    ["the default", {}, { none: 200, one: 200, two: 400 }],
    ["0", { depth: 0 }, { none: 200, one: 400, two: 400 }],
    ["2", { depth: 2 }, { none: 200, one: 200, two: 200 }],
  ])("%s bounds the authorities below the root", async (_, depth, statuses) => {
    const client = { ca: root.cert, ...depth };
    await gateway.put("/ssls/2", { ...rsa, sni: "mutual.example", client });
    const [none, one, two] = await Promise.all(
      [root, first, second].map((ca) => makePair("client", { ca })),
    );
    const chains = {
      none,
      one: { ...one, cert: `${one?.cert}${first.cert}` },
      two: { ...two, cert: `${two?.cert}${second.cert}${first.cert}` },
    };
    const got: Record<string, number | undefined> = {};
    for (const [name, chain] of Object.entries(chains)) {
      got[name] = await ask("mutual.example", chain ?? {});
    }
    expect(got).toEqual(statuses);
  });

  test("what cannot be read of the authorities is left out", async () => {
    const mine = await makePair("client", { ca: root });
    const broken = `-----BEGIN CERTIFICATE-----\n${btoa("no certificate")}\n-----END CERTIFICATE-----\n`;
    const bundles = [
      `${root.cert}${broken}`,
      root.cert.replaceAll("CERTIFICATE", "X509 CERTIFICATE"),
      root.cert.replaceAll("CERTIFICATE", "TRUSTED CERTIFICATE"),
    ];
    for (const ca of bundles) {
      await gateway.put("/ssls/2", { ...rsa, sni: "mutual.example", client: { ca } });
      expect(await ask("mutual.example", mine), ca.slice(0, 40)).toBe(200);
      expect(await ask("mutual.example", {})).toBe(400);
    }
  });

  test("authorities that the client need not send count too", async () => {
    const ca = `${root.cert}${first.cert}${second.cert}`;
    await gateway.put("/ssls/2", { ...rsa, sni: "mutual.example", client: { ca } });
    expect(await ask("mutual.example", await makePair("client", { ca: first }))).toBe(200);
    expect(await ask("mutual.example", await makePair("client", { ca: second }))).toBe(400);
  });
});

describe("a session that is resumed", () => {
  type Visit = { readonly session: Buffer | undefined; readonly status: string };

  /** `session` is taken up; the answer comes with the last ticket that was given out. */
  function visit(servername: string, shown: Pair, session?: Buffer): Promise<Visit> {
    return new Promise((resolve, reject) => {
      const socket = connect({
        host: "127.0.0.1",
        port: secure.port,
        servername: "mutual.example",
        rejectUnauthorized: false,
        ...shown,
        ...(session === undefined ? {} : { session }),
      });
      // Node itself resumes a session under its first name only; others need not.
      (socket as unknown as { setServername(name: string): void }).setServername(servername);
      let ticket: Buffer | undefined;
      let text = "";
      const head = `GET / HTTP/1.1\r\nHost: ${servername}\r\nConnection: close\r\n\r\n`;
      socket.once("secureConnect", () => {
        if (session !== undefined && !socket.isSessionReused()) reject(new Error("not resumed"));
        socket.write(head);
      });
      socket.on("session", (given) => {
        ticket = given;
      });
      socket.setEncoding("latin1").on("data", (piece: string) => {
        text += piece;
      });
      socket.once("error", reject);
      socket.once("close", () => resolve({ session: ticket, status: text.split(" ", 2)[1] ?? "" }));
    });
  }

  test("keeps its certificate for the same name, with the chain that was sent", async () => {
    const client = { ca: root.cert };
    await gateway.put("/ssls/2", { ...rsa, sni: "mutual.example", client });
    for (const [ca, status] of [
      [root, "200"],
      [first, "200"],
      [second, "400"],
    ] as const) {
      const leaf = await makePair("client", { ca });
      const above = ca === second ? second.cert + first.cert : ca === first ? first.cert : "";
      const shown = { ...leaf, cert: leaf.cert + above };
      const before = await visit("mutual.example", shown);
      const after = await visit("mutual.example", shown, before.session);
      expect([before.status, after.status]).toEqual([status, status]);
    }
  });

  test("has none for a name with other authorities", async () => {
    const other = await makePair("other");
    const shown = await makePair("client", { ca: root });
    const certificates = { ...rsa, client: { ca: root.cert } };
    await gateway.put("/ssls/2", { ...certificates, sni: "mutual.example" });
    await gateway.put("/ssls/3", { ...rsa, sni: "strict.example", client: { ca: other.cert } });
    const { session, status } = await visit("mutual.example", shown);
    expect(status).toBe("200");
    expect((await visit("strict.example", shown)).status).toBe("400");
    expect((await visit("strict.example", shown, session)).status).toBe("400");
  });
});
