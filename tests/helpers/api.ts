/** The few calls of the API that tests make again and again, as one identity. */
import { type Answer, request } from "./http.ts";
import { guestKey } from "./identities.ts";

export type Api = {
  /** `members` are added to the body beside `exec`. */
  put(name: string, code: string, members?: object, overwrite?: boolean): Promise<Answer>;
  get(name: string): Promise<Answer>;
  delete(name: string): Promise<Answer>;
  /** `query` is e.g. "blocking=true&result=true". */
  invoke(name: string, query: string, body?: object): Promise<Answer>;
  activation(id: string): Promise<Answer>;
};

/** `url` is asked for at each call: it changes when the platform is restarted. */
export function apiOf(url: () => string, auth = guestKey): Api {
  const ask = (method: string, path: string, body?: object): Promise<Answer> =>
    request(url(), {
      method,
      path: `/api/v1/namespaces/_/${path}`,
      auth,
      ...(body === undefined ? {} : { body }),
    });
  return {
    put: (name, code, members = {}, overwrite = false) =>
      ask("PUT", `actions/${name}?overwrite=${overwrite}`, {
        exec: { kind: "nodejs:default", code },
        ...members,
      }),
    get: (name) => ask("GET", `actions/${name}`),
    delete: (name) => ask("DELETE", `actions/${name}`),
    invoke: (name, query, body = {}) => ask("POST", `actions/${name}?${query}`, body),
    activation: (id) => ask("GET", `activations/${id}`),
  };
}

/** The activation id that an answer carries; empty when it has none. */
export function idOf(answer: Answer): string {
  const id = answer.headers["x-openwhisk-activation-id"];
  return typeof id === "string" ? id : "";
}
