import { brotliCompressSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import type { Answer } from "../../../helpers/http.ts";
import { sharedGateway } from "../../../helpers/shared-gateway.ts";

const CODED: Readonly<Record<string, Buffer>> = {
  "/gzip": gzipSync("hello hello"),
  "/br": brotliCompressSync("hello hello"),
  "/odd": Buffer.from("hello hello"),
};

const { gateway, upstream } = await sharedGateway({}, ({ url }, response) => {
  if (url === "/bytes") {
    response.end(Buffer.from("\u00ffhello\u00fe", "latin1"));
    return;
  }
  const coded = CODED[url];
  if (coded !== undefined) {
    response.writeHead(200, { "content-encoding": url.slice(1), etag: '"1"' }).end(coded);
    return;
  }
  response.writeHead(200, { "X-A": "up", "X-B": "up", "content-length": 11 });
  response.write("hello ");
  response.end("hello");
});

async function ask(conf: JsonObject, path = "/a"): Promise<Answer> {
  await gateway.put("/routes/1", {
    uri: "/*",
    plugins: { "response-rewrite": conf },
    upstream: upstream.upstream,
  });
  return gateway.send(path);
}

describe("head", () => {
  test("status", async () => {
    const answer = await ask({ status_code: 418 });
    expect([answer.status, answer.text, answer.headers["content-length"]]).toEqual([
      418,
      "hello hello",
      "11",
    ]);
  });

  test("headers", async () => {
    const flat = await ask({ headers: { "X-A": "$remote_addr", "X-N": 7, "X-B": "" } });
    expect(flat.headers).toMatchObject({ "x-a": "127.0.0.1", "x-n": "7" });
    expect(flat.headers["x-b"]).toBeUndefined();
    const rules = await ask({
      headers: { add: ["X-A: more", "bad"], set: { "X-C": "$status" }, remove: ["X-B"] },
    });
    expect(rules.lines["x-a"]).toEqual(["up", "more"]);
    expect([rules.headers["x-c"], rules.headers["x-b"]]).toEqual(["200", undefined]);
  });

  test("names that cannot be sent are left out", async () => {
    const answer = await ask({ headers: { "X A": "1", "X-\u00e9": "2", "X-Good": "3" } });
    expect([answer.status, answer.headers["x-good"]]).toEqual([200, "3"]);
  });

  test("no value can add a header of its own", async () => {
    const path = "/a?x=1%0d%0aX-Evil:%20yes";
    const answer = await ask({ headers: { add: ["X-B: $arg_x"], set: { "X-A": "$arg_x" } } }, path);
    expect(answer.headers["x-a"]).toBe("1%0D%0AX-Evil: yes");
    expect(answer.headers["x-evil"]).toBeUndefined();
  });

  test("only where the expression holds", async () => {
    const conf = { status_code: 201, body: "new", vars: [["arg_x", "==", "1"]] };
    expect([(await ask(conf, "/a?x=1")).text, (await ask(conf, "/a?x=2")).text]).toEqual([
      "new",
      "hello hello",
    ]);
  });
});

describe("body", () => {
  test("another", async () => {
    const answer = await ask({ body: "other" }, "/gzip");
    expect(answer.text).toBe("other");
    for (const name of ["content-length", "content-encoding", "etag"]) {
      expect(answer.headers[name]).toBeUndefined();
    }
  });

  test("of base64", async () => {
    const answer = await ask({ body: "//8A", body_base64: true });
    expect([...answer.bytes]).toEqual([255, 255, 0]);
  });

  test.each<[string, JsonObject, string]>([
    ["once", { regex: "h(el)lo", replace: "<$1>" }, "<el> hello"],
    ["global", { regex: "hello", replace: "x", scope: "global" }, "x x"],
    ["options", { regex: "HELLO", replace: "x", options: "i" }, "x hello"],
    ["over pieces", { regex: "hello hello", replace: "one" }, "one"],
    ["a dollar", { regex: "hello$", replace: "$$" }, "hello $"],
    ["no match", { regex: "none", replace: "x" }, "hello hello"],
  ])("filter: %s", async (_, filter, text) => {
    expect((await ask({ filters: [filter] })).text).toBe(text);
  });

  test.each(["/gzip", "/br"])("filters see what %s hides", async (path) => {
    const answer = await ask({ filters: [{ regex: "hello", replace: "x" }] }, path);
    expect([answer.text, answer.headers["content-encoding"]]).toEqual(["x hello", undefined]);
  });

  test("a coding that is unknown stays", async () => {
    const answer = await ask({ filters: [{ regex: "hello", replace: "x" }] }, "/odd");
    expect([answer.text, answer.headers["content-encoding"]]).toEqual(["hello hello", "odd"]);
  });

  test("a body beyond the limit is cut there", async () => {
    const filters = [{ regex: "hello", replace: "x", scope: "global" }];
    expect((await ask({ filters, max_resp_body_size: 8 })).text).toBe("x he");
    expect((await ask({ filters, max_resp_body_size: 5 })).text).toBe("x");
  });

  test("bytes that are no text survive", async () => {
    const filters = [{ regex: "hello", replace: "x" }];
    const answer = await ask({ filters }, "/bytes");
    expect([...answer.bytes]).toEqual([255, 120, 254]);
  });
});
