/** One request on its way through the gateway, as plugins see it. */
export type RequestContext = {
  /** A variable by its name without "$" (`arg_x`, `http_host`, `remote_addr`…); undefined: unset. */
  var(name: string): string | number | undefined;
};
