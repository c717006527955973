/** The actions of the package apimgmt, run as functions against a gateway that is not there. */
import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { fc } from "../../../helpers/property.ts";

type Message = Readonly<Record<string, unknown>>;
type Action = (message: Message) => Promise<unknown>;
type Swagger = {
  addOperation(document: object, doc: object, type: string): Record<string, never>;
  baseDocument(basePath: string, name?: string): object;
  removeOperation(document: object, path: string, verb?: string): { paths: object };
};

const load = createRequire(import.meta.url);
const actions = load("../../../../catalog/apimgmt/actions/index.js") as Record<string, Action>;
const swagger = load("../../../../catalog/apimgmt/actions/lib/swagger.js") as Swagger;
const { checkSwagger } = load("../../../../catalog/apimgmt/actions/lib/check-swagger.js") as {
  checkSwagger(document: unknown): void;
};

/** Nothing listens there. */
const NOWHERE = "http://127.0.0.1:1/v2";
const called = { gwUrlV2: NOWHERE, __ow_user: "guest" };

/** What the promise of an action is rejected with. */
function failureOf(name: string, message: Message): Promise<unknown> {
  const run = actions[name];
  if (run === undefined) throw new Error(`there is no action ${name}`);
  return run(message).then(
    () => "it succeeded",
    (reason: unknown) => reason,
  );
}

describe("how they fail", () => {
  test("as a web action with 502 and the text, as any other with the text alone", async () => {
    const text = "basepath is required.";
    expect(await failureOf("deleteApi", { ...called, __ow_method: "delete" })).toEqual({
      statusCode: 502,
      headers: { "Content-Type": "application/json" },
      body: { error: text },
    });
    expect(await failureOf("deleteApi", called)).toBe(text);
  });

  test.each(["createApi", "getApi", "deleteApi"])("%s without a gateway", async (name) => {
    expect(await failureOf(name, { __ow_user: "guest" })).toBe("gwUrl is required.");
  });

  test("a gateway that does not answer", async () => {
    expect(await failureOf("getApi", called)).toMatch(
      /^Unable to obtain API\(s\) from the API Gateway: ".*ECONNREFUSED/,
    );
    expect(await failureOf("deleteApi", { ...called, basepath: "/x" })).toMatch(
      /^API deletion failure: Unable to obtain API\(s\) from the API Gateway: /,
    );
  });

  test("whatever they are sent, they end in a text", { timeout: 30_000 }, async () => {
    const odd = fc.constantFrom<unknown>("undefined", { toString: 1 }, [{ valueOf: 1 }]);
    const value = fc.oneof(fc.jsonValue(), fc.string(), odd);
    const action = fc.record({ name: value, namespace: value, backendUrl: value, authkey: value });
    const apidoc = fc.record(
      {
        namespace: value,
        swagger: value,
        gatewayBasePath: value,
        gatewayPath: value,
        gatewayMethod: value,
        action: fc.oneof(value, action),
      },
      { requiredKeys: [] },
    );
    const message = fc.record(
      {
        apidoc: fc.oneof(value, apidoc),
        basepath: value,
        relpath: value,
        operation: value,
        responsetype: value,
        spaceguid: value,
        limit: value,
      },
      { requiredKeys: [] },
    );
    const name = fc.constantFrom("createApi", "getApi", "deleteApi");
    await fc.assert(
      fc.asyncProperty(name, message, async (one, given) => {
        const reason = await failureOf(one, { ...given, ...called });
        expect(typeof reason).toBe("string");
      }),
      { numRuns: 300 },
    );
  });
});

describe("the document", () => {
  const action = {
    name: "pkg/hello",
    namespace: "guest",
    backendUrl: "https://host:8443/base/api/v1/web/_/pkg/hello.http",
  };
  const adding = (path: string, more: object = {}, type = "json") => ({
    doc: { gatewayPath: path, gatewayMethod: "GET", action: { ...action, ...more } },
    type,
  });
  const made = (...all: ReturnType<typeof adding>[]): object =>
    all.reduce<object>(
      (document, { doc, type }) => swagger.addOperation(document, doc, type),
      swagger.baseDocument("/club"),
    );

  test.each([
    ["/", "get"],
    ["/books/{isbn}", "getBooksIsbn"],
    ["/path/with/sub_paths/in/it", "getPathWithSub_pathsInIt"],
    ["/a.b~c!d", "getABCD"],
    ["/kebab-CASE/x", "getKebab-caseX"],
  ])("%s has the operation id %s", (path, id) => {
    expect(made(adding(path))).toMatchObject({ paths: { [path]: { get: { operationId: id } } } });
  });

  test("keeps protocol and host of the URL that it was given", () => {
    const url = "https://host:8443/base/api/v1/web/guest/pkg/hello.json";
    expect(made(adding("/x"))).toMatchObject({
      paths: { "/x": { get: { "x-openwhisk": { url } } } },
    });
  });

  test("a secret that is taken away does not stay behind", () => {
    const secured = made(adding("/x", { secureKey: "s" }));
    expect(JSON.stringify(secured)).toContain("X-Require-Whisk-Auth");
    const again = swagger.addOperation(secured, adding("/x").doc, "json");
    expect(JSON.stringify(again)).not.toContain("X-Require-Whisk-Auth");
  });

  test("two paths with one operation id share its case, as in the original", () => {
    const document = JSON.stringify(made(adding("/a/b"), adding("/a.b")));
    expect(document.match(/"operations":\["getAB"\]/g)).toHaveLength(1);
  });

  test("removing what is not there says so", () => {
    const document = made(adding("/x"));
    const failing = (path: string, verb?: string) => () =>
      swagger.removeOperation(document, path, verb);
    expect(failing("/y")).toThrow("path '/y' does not exist in the API");
    expect(failing("constructor")).toThrow("path 'constructor' does not exist in the API");
    expect(failing("/x", "put")).toThrow(
      "path '/x' with operation 'put' does not exist in the API",
    );
    expect(swagger.removeOperation(document, "/x").paths).toEqual({});
  });

  test("any document is checked to an end", () => {
    const json = fc.jsonValue();
    const document = fc.record({
      basePath: json,
      paths: fc.dictionary(
        fc.constantFrom("/a/{b}", "/a", "/{c}"),
        fc.dictionary(fc.string(), json),
      ),
      "x-ibm-configuration": fc.oneof(json, fc.record({ assembly: fc.record({ execute: json }) })),
    });
    fc.assert(
      fc.property(document, (one) => {
        try {
          checkSwagger(one);
        } catch (reason) {
          expect(reason instanceof TypeError || typeof reason === "string").toBe(true);
        }
      }),
    );
  });
});
