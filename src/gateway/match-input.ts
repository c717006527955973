/** What routes are matched against, worked out when a route asks for it: most ask for the path. */
import type { RequestContext } from "./request-context.ts";
import type { MatchInput } from "./routing/predicates.ts";
import type { Lookup } from "./template.ts";
import { hostWithoutPort } from "./uri.ts";

export class RequestMatchInput implements MatchInput {
  private readonly ctx: RequestContext;

  constructor(ctx: RequestContext) {
    this.ctx = ctx;
  }

  get method(): string {
    return this.ctx.request.method;
  }

  get path(): string {
    return this.ctx.request.path;
  }

  get host(): string {
    return hostWithoutPort(this.ctx.request.head.authority);
  }

  get authority(): string {
    return this.ctx.request.head.authority.toLowerCase();
  }

  get remoteAddress(): string {
    return this.ctx.client.address;
  }

  get lookup(): Lookup {
    return (name) => this.ctx.var(name);
  }
}
