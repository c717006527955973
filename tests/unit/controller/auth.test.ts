import { afterEach, describe, expect, test, vi } from "vitest";
import { Authenticator } from "../../../src/controller/auth.ts";
import { NamespaceIdentities } from "../../../src/controller/namespace-identities.ts";
import type { IdentityRow, IdentityStore } from "../../../src/store/store.ts";
import { basic } from "../../helpers/http.ts";

const HEADER = basic("uuid:key");
const ROW: IdentityRow = {
  subject: "guest",
  namespace: { name: "guest", uuid: "uuid" },
  key: "key",
  limits: {},
};

afterEach(() => {
  vi.restoreAllMocks();
});

function setUp(cacheMs: number) {
  const state: { row: IdentityRow | undefined; asked: number } = { row: ROW, asked: 0 };
  const byKey: IdentityStore["byKey"] = async () => {
    state.asked += 1;
    return state.row;
  };
  const auth = new Authenticator({ byKey }, { cacheMs, entriesMax: 10 });
  return { auth, state };
}

describe("a key that was found", () => {
  test("is remembered as long as the settings say", async () => {
    const clock = vi.spyOn(performance, "now").mockReturnValue(1000);
    const { auth, state } = setUp(200);
    await auth.identify(HEADER);
    clock.mockReturnValue(1200);
    // What the cache takes for the time is at most a millisecond old.
    await expect.poll(() => auth.peek(HEADER), { interval: 5 }).toMatchObject({ subject: "guest" });
    clock.mockReturnValue(1201);
    await expect.poll(() => auth.peek(HEADER)).toBeUndefined();
    state.row = undefined;
    await expect(auth.identify(HEADER)).rejects.toMatchObject({ code: "AUTH_INVALID" });
    expect(state.asked).toBe(2);
  });

  test("is asked for every time when the time is 0", async () => {
    const { auth, state } = setUp(0);
    await auth.identify(HEADER);
    expect(auth.peek(HEADER)).toBeUndefined();
    state.row = undefined;
    await expect(auth.identify(HEADER)).rejects.toMatchObject({ code: "AUTH_INVALID" });
  });
});

describe("what is forgotten", () => {
  test("a key is asked for anew", async () => {
    const { auth, state } = setUp(60_000);
    await auth.identify(HEADER);
    state.row = undefined;
    auth.forget();
    expect(auth.peek(HEADER)).toBeUndefined();
    await expect(auth.identify(HEADER)).rejects.toMatchObject({ code: "AUTH_INVALID" });
  });

  test("an answer that was under way when keys changed is not remembered", async () => {
    const { auth } = setUp(60_000);
    const under = auth.identify(HEADER);
    auth.forget();
    expect(await under).toMatchObject({ subject: "guest" });
    expect(auth.peek(HEADER)).toBeUndefined();
  });

  test("the same holds for owners of namespaces", async () => {
    let rows: IdentityRow[] = [ROW];
    const owners = new NamespaceIdentities(
      { byNamespace: async () => rows },
      { cacheMs: 60_000, entriesMax: 10 },
    );
    const under = owners.find("guest");
    owners.forget();
    expect(await under).toMatchObject({ subject: "guest" });
    await owners.find("guest");
    rows = [];
    expect(await owners.find("guest")).toMatchObject({ subject: "guest" });
    owners.forget();
    expect(await owners.find("guest")).toBeUndefined();
  });
});
