// biome-ignore-all lint/suspicious/noThenProperty: a member of case files, never awaited
import { unzipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { parseCase } from "../../conformance/case.ts";
import { holes, render } from "../../conformance/template.ts";

const smallest = { title: "t", ref: "r", request: { path: "/" }, expect: { status: 200 } };
const problemsOf = (members: object): string => {
  try {
    parseCase(JSON.stringify({ ...smallest, ...members }));
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

describe("a case file", () => {
  test("may be small", () => expect(problemsOf({})).toBe(""));

  test.for<[object, string]>([
    [{ titel: "x" }, "case.titel: unknown"],
    [{ title: "" }, "case.title: must be a text"],
    [{ request: {} }, "case.request: path is missing"],
    [{ request: { path: "namespaces" } }, "case.request.path: must start with /"],
    [{ request: { path: "/", metod: "GET" } }, "case.request.metod: unknown"],
    [{ request: { path: "/", method: "FETCH" } }, "case.request.method: must be GET or"],
    [{ expect: {} }, "case.expect: status is missing"],
    [{ expect: { status: 200, boddy: 1 } }, "case.expect.boddy: unknown"],
    [{ expect: { status: 200, headers: { Allow: "x" } } }, "written in lower case"],
    [{ expect: { status: 200, body: "<hex23>" } }, "case.expect.body: no matcher <hex23>"],
    [{ until: 60_001 }, "case.until: must be 1 to 60000"],
    [{ capture: { id: "activationId" } }, "must start with body. or headers."],
    [{ limits: "none" }, "case.limits: must be original"],
    [{ given: [{ action: "a" }] }, "case.given[0]: code is missing"],
    [{ given: [{ put: "/x" }] }, "case.given[0]: body is missing"],
    [{ request: { path: "/{{hello}}" } }, "{{hello}}: not declared"],
    [{ then: [{ request: { path: "/{{id}}" }, expect: { status: 200 } }] }, "{{id}}: not declared"],
  ])("with a mistake is refused: %j", ([members, problem]) => {
    expect(problemsOf(members)).toContain(problem);
  });

  test("may use names it declares, entities it is given and values it captured", () => {
    const members = {
      names: ["hi"],
      given: [{ action: "hello", code: "" }],
      request: { path: "/{{ns}}/{{hi}}/{{hello}}" },
      capture: { id: "body.id" },
      then: [{ request: { path: "/{{id}}" }, expect: { status: 200 } }],
    };
    expect(problemsOf(members)).toBe("");
  });
});

describe("templates", () => {
  test("fill holes in texts and keys, and leave other braces alone", () => {
    const filled = render({ "/{{a}}": ["{{a}}{{b}}", "{ {a} }"], n: 1 }, { a: "x", b: "y" });
    expect(filled).toEqual({ "/x": ["xy", "{ {a} }"], n: 1 });
  });

  test("refuse a hole that nothing fills", () => {
    expect(() => render("{{a}}", {})).toThrow("{{a}}");
  });

  test("make long texts and archives", () => {
    expect(render({ a: { "<join>": ["b", { "<repeat>": ["a", 3] }] } }, {})).toEqual({ a: "baaa" });
    const zip = render({ "<zip>": { "lib/a.js": "{{x}}" } }, { x: "1" }) as string;
    const files = unzipSync(Buffer.from(zip, "base64"));
    expect(Buffer.from(files["lib/a.js"] ?? []).toString()).toBe("1");
  });

  test("tell their holes", () => {
    expect([...holes({ a: "{{b}}", "{{c}}": 1 })]).toEqual(["b", "c"]);
  });
});
