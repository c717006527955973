/** What is sent to the client of a web action, before headers of the exchange. */

export type WebAnswer =
  | {
      readonly type: "content";
      readonly status: number;
      /** Names and values; a name may come more than once. */
      readonly headers: readonly (readonly [string, string])[];
      /** Value of Content-Type; undefined for an empty body. */
      readonly contentType: string | undefined;
      readonly body: string | Buffer;
    }
  | { readonly type: "failure"; readonly status: number; readonly text: string };

export function failure(status: number, text: string): WebAnswer {
  return { type: "failure", status, text };
}

/** 400 `Response is not valid 'TYPE'.` */
export function notValid(mediaType: string): WebAnswer {
  return failure(400, `Response is not valid '${mediaType}'.`);
}

export function content(contentType: string, body: string): WebAnswer {
  return { type: "content", status: 200, headers: [], contentType, body };
}
