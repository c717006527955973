import { expect, test } from "vitest";
import { bodyWish, mentionsBody } from "../../../src/gateway/template.ts";

test.for([
  ["$post_arg_a", "whole"],
  ["$post_arg.a.b", "whole"],
  ["$request_body and $graphql_name", "whole"],
  ["$request_body", "beginning"],
  ["$request_body_of_mine", "nothing"],
  ["$arg_a", "nothing"],
] as const)("%s asks for this of the body: %s", ([text, wish]) => {
  expect(bodyWish(text)).toBe(wish);
  expect(mentionsBody(text)).toBe(wish !== "nothing");
});
