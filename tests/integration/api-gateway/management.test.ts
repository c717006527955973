import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/core/documents.ts";
import { openMemoryConfigStore } from "../../../src/gateway/store/memory.ts";
import { apiDocument, startApiGateway } from "../../helpers/api-gateway.ts";
import { startUpstream } from "../../helpers/gateway.ts";

const DOCUMENT = apiDocument("http://h/a", { "/x": ["get"] });
const ELSEWHERE = { ...DOCUMENT, basePath: "/else" };
const error = (status: number, message: string) => ({
  status,
  body: { status, message: `Error: ${message}` },
});

describe("APIs", () => {
  test("are created, read, changed and deleted", async () => {
    await using gateway = await startApiGateway({ backend: "http://127.0.0.1:1" });
    const id = await gateway.add(DOCUMENT);
    const shown = {
      artifact_id: id,
      managed_url: `${gateway.url}/api/t/club`,
      open_api_doc: DOCUMENT,
    };
    expect(await gateway.manage("GET", `apis/${id}`)).toMatchObject({ status: 200, body: shown });
    expect(await gateway.manage("GET", "apis")).toMatchObject({ status: 200, body: [shown] });
    expect(await gateway.manage("GET", `apis/${id}/tenant`)).toEqual({
      status: 200,
      body: { id: "t", namespace: "t", instance: "" },
    });
    const moved = await gateway.manage("PUT", `apis/${id}`, ELSEWHERE);
    expect(moved).toMatchObject({ status: 200, body: { artifact_id: id } });
    expect((await gateway.send("/api/t/club/x")).status).toBe(404);
    expect((await gateway.send("/api/t/else/x")).status).toBe(500);
    expect(await gateway.manage("DELETE", `apis/${id}`)).toEqual({ status: 204, body: undefined });
    expect(await gateway.manage("GET", "apis")).toEqual({ status: 200, body: [] });
    expect((await gateway.send("/api/t/else/x")).status).toBe(404);
  });

  test("the base path is unique for a tenant", async () => {
    await using gateway = await startApiGateway();
    const id = await gateway.add(DOCUMENT);
    const refused = error(500, "basePath not unique for given tenant.");
    expect(await gateway.manage("POST", "apis", { ...DOCUMENT, basePath: "club/" })).toEqual(
      refused,
    );
    await gateway.add(DOCUMENT, "other");
    const second = await gateway.add(ELSEWHERE);
    expect(await gateway.manage("PUT", `apis/${second}`, DOCUMENT)).toEqual(refused);
    expect(await gateway.manage("PUT", `apis/${id}`, DOCUMENT)).toMatchObject({ status: 200 });
  });

  test("of calls at once one creates the API", async () => {
    await using gateway = await startApiGateway();
    const calls = Array.from({ length: 10 }, () => gateway.manage("POST", "apis", DOCUMENT));
    const statuses = (await Promise.all(calls)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(await gateway.manage("GET", "apis")).toMatchObject({ body: { length: 1 } });
  });

  test("a revision that is not the API's any more refuses the change", async () => {
    await using gateway = await startApiGateway();
    const id = await gateway.add(DOCUMENT);
    const { body } = await gateway.manage("GET", `apis/${id}`);
    const revision = Number((body as JsonObject)["revision"]);
    const put = () => gateway.manage("PUT", `apis/${id}`, DOCUMENT, { revision });
    expect((await put()).status).toBe(200);
    expect((await put()).status).toBe(412);
  });

  test("another tenant's are not there", async () => {
    await using gateway = await startApiGateway();
    const id = await gateway.add(DOCUMENT);
    const other = { tenant: "other" };
    const unknown = error(404, `Unknown API id ${id}`);
    expect(await gateway.manage("GET", "apis", undefined, other)).toEqual({
      status: 200,
      body: [],
    });
    expect(await gateway.manage("GET", `apis/${id}`, undefined, other)).toEqual(
      error(404, `Unknown api id ${id}`),
    );
    expect(await gateway.manage("PUT", `apis/${id}`, DOCUMENT, other)).toEqual(unknown);
    expect(await gateway.manage("DELETE", `apis/${id}`, undefined, other)).toEqual(unknown);
    const subscription = { artifact_id: id, client_id: "x" };
    expect(await gateway.manage("PUT", "subscriptions", subscription, other)).toEqual(unknown);
  });

  test.each<[string, string[]]>([
    ["", ["A", "B", "C"]],
    ["?basePath=/b", ["B"]],
    ["?title=C", ["C"]],
    ["?filter[where][basePath]=/b&filter[where][name]=C", []],
    ["?limit=undefined&skip=undefined", ["A", "B", "C"]],
    ["?limit=2&skip=0", ["A", "B"]],
    ["?limit=2&skip=2", ["C"]],
    ["?limit=30&skip=undefined", ["A", "B", "C"]],
    ["?limit=none&skip=0", []],
    ["?limit=undefined&skip=0", []],
    ["?limit=-1&skip=0", []],
    ["?limit=1&skip=-5", ["A"]],
  ])("GET apis%s", async (query, expected) => {
    await using gateway = await startApiGateway();
    for (const name of ["A", "B", "C"]) {
      const info = { title: name, version: "1" };
      await gateway.add({ ...DOCUMENT, info, basePath: `/${name.toLowerCase()}` });
    }
    const { body } = await gateway.manage("GET", `apis${query}`);
    const documents = (body as JsonObject[]).map((api) => api["open_api_doc"] as JsonObject);
    expect(documents.map(({ info }) => (info as JsonObject)["title"])).toEqual(expected);
  });

  test.each<[string, string, string, ReturnType<typeof error>]>([
    ["POST", "apis", "", error(400, "Missing request body")],
    ["POST", "apis", "{", error(400, "The request body is not valid JSON.")],
    ["POST", "apis", "[]", error(400, "The request body must be a JSON object.")],
    ["PUT", "apis/none", "{}", error(404, "Unknown API id none")],
    ["DELETE", "apis", "", error(400, "No id specified.")],
    ["DELETE", "apis/none", "", error(404, "Unknown API id none")],
    ["GET", "apis/none", "", error(404, "Unknown api id none")],
    ["PATCH", "apis", "", error(400, "Invalid verb.")],
    ["PATCH", "subscriptions", "", error(400, "Invalid verb")],
    ["POST", "subscriptions", "", error(400, "Missing request body.")],
    ["POST", "subscriptions", "{}", error(400, '"client_id" missing from request body.')],
    [
      "POST",
      "subscriptions",
      '{"client_id":"x"}',
      error(400, '"artifact_id" missing from request body.'),
    ],
    [
      "POST",
      "subscriptions",
      '{"client_id":{"toString":1},"artifact_id":"x"}',
      error(400, '"client_id" must be a text.'),
    ],
    ["GET", "subscriptions", "", error(400, "Missing artifact_id")],
    ["DELETE", "subscriptions", "", error(400, "Missing client_id")],
    ["DELETE", "subscriptions/x", "", error(400, "Missing artifact_id")],
    ["DELETE", "subscriptions/x?artifact_id=none", "", error(404, "Subscription doesn't exist")],
    ["GET", "tenants", "", error(404, "Not found.")],
  ])("%s %s %s is refused", async (method, path, body, expected) => {
    await using gateway = await startApiGateway();
    expect(await gateway.manage(method, path, body)).toEqual(expected);
  });
});

describe("what is kept", () => {
  test("APIs and subscriptions answer after a start, deleted ones do not", async () => {
    await using upstream = await startUpstream();
    const store = await openMemoryConfigStore();
    const target = `http://${upstream.address}/a`;
    const key = { type: "apiKey", in: "header", name: "X-Key" };
    const locked = { securityDefinitions: { client_id: key } };
    {
      await using gateway = await startApiGateway({ store });
      const id = await gateway.add(apiDocument(target, { "/x": ["get"] }, locked));
      await gateway.manage("PUT", "subscriptions", { artifact_id: id, client_id: "mine" });
      const gone = await gateway.add(apiDocument(target, { "/x": ["get"] }, { basePath: "/gone" }));
      await gateway.manage("PUT", "subscriptions", { artifact_id: gone, client_id: "too" });
      await gateway.manage("DELETE", `apis/${gone}`);
    }
    await using gateway = await startApiGateway({ store });
    const headers = { "X-Key": "mine" };
    expect((await gateway.send("/api/t/club/x", { headers })).status).toBe(200);
    expect((await gateway.send("/api/t/gone/x")).status).toBe(404);
    expect(await store.list("/apis/subscriptions")).toHaveLength(1);
  });

  test("a move to another base path that was cut off is completed", async () => {
    const store = await openMemoryConfigStore();
    {
      await using gateway = await startApiGateway({ store });
      const id = await gateway.add(DOCUMENT);
      const [before] = await store.list("/apis/documents");
      await gateway.manage("PUT", `apis/${id}`, ELSEWHERE);
      // As if the process had ended before the old place was cleared: it is older than the new one.
      const [after] = await store.list("/apis/documents");
      if (before === undefined || after === undefined) throw new Error("nothing was kept");
      await store.put(before.key, before.value);
      await store.put(after.key, after.value);
    }
    await using gateway = await startApiGateway({ store });
    expect(await gateway.manage("GET", "apis")).toMatchObject({ body: { length: 1 } });
    expect(await gateway.manage("POST", "apis", DOCUMENT)).toMatchObject({ status: 200 });
  });
});
