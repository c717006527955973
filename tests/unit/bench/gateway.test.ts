import { expect, test } from "vitest";
import {
  hostOf,
  pathOf,
  requestsFor,
  routeDocument,
  routerOf,
} from "../../../bench/lib/many-routes.ts";
import { nginxConf } from "../../../bench/lib/nginx.ts";

test("each request of the match row finds the route that it was made for", async () => {
  const router = await routerOf(50);
  for (const request of requestsFor(50, 200)) {
    const number = Number(/\d+/.exec(request.path)?.[0]);
    expect(request.path).toBe(pathOf(number));
    expect(request.host).toBe(hostOf(number));
    expect(router.match(request)?.route.value).toMatchObject({ name: `route ${number}` });
  }
});

test("routes differ in path, a quarter of them in host", () => {
  const routes = Array.from({ length: 100 }, (_, number) => routeDocument(number, "127.0.0.1:80"));
  expect(new Set(routes.map(({ uri }) => uri)).size).toBe(100);
  expect(routes.filter((route) => "host" in route)).toHaveLength(25);
});

test("nginx has one process, and writes nowhere but to its folder", () => {
  const conf = nginxConf("/folder", 1980, "127.0.0.1:80");
  expect(conf).toContain("master_process off;");
  expect(conf.match(/_temp_path \/folder\//g)).toHaveLength(5);
  expect(conf).toContain("keepalive 320;");
});
