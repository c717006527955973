// Parameters and annotations on the command line (wsk-cli 1.4).
import { expect, test } from "vitest";
import { formatPair, mergeObjects } from "../../../src/cli/wsk/parameters.ts";
import { encode } from "../../../src/client/json.ts";
import { startRecorder } from "./recorder.ts";
import { openSession, USAGE } from "./session.ts";

test.for([
  ["1", "1"],
  [" 1 ", "1"],
  ["1.0", "1.0"],
  ["1e3", "1e3"],
  ["12345678901234567890", "12345678901234567890"],
  ["1e999", '"1e999"'],
  ["true", "true"],
  ["null", "null"],
  ['"str"', '"str"'],
  ['{"b":1.50,"a":[]}', '{"a":[],"b":1.50}'],
  ["True", '"True"'],
  ["01", '"01"'],
  ["NaN", '"NaN"'],
  ["{'x':1}", "\"{'x':1}\""],
  ["", '""'],
  ["a\\b", '"a\\u0008"'],
  ["\\u0041", '"A"'],
  ['\\"hi\\"', '"\\"hi\\""'],
])("the value %s is sent as %s", ([value = "", json]) => {
  expect(encode(mergeObjects([formatPair("k", value)], "parameter"))).toBe(`{"k":${json}}`);
});

test.for([
  ['say "hi"', "invalid character 'h' after object key:value pair"],
  ['"', "invalid character '\"' after object key:value pair"],
  ['{"x":1', "invalid character 'x' after object key:value pair"],
  ["\\q", "invalid character 'q' in string escape code"],
  ["\\u12", "invalid character '\"' in \\u hexadecimal character escape"],
  ["\\", "unexpected EOF"],
  ["x\ty", "invalid character '\\t' in string literal"],
  ['x", 1', "invalid character '1' looking for beginning of object key string"],
  ['x","b" 1', "invalid character '1' after object key"],
  ['x","b":[1 2]', "invalid character '2' after array element"],
  ['x","b":trux', "invalid character 'x' in literal true (expecting 'e')"],
  ['x","b":1.x', "invalid character 'x' after decimal point in numeric literal"],
  ['x","b":1ex', "invalid character 'x' in exponent of numeric literal"],
  ['x","b":-x', "invalid character 'x' in numeric literal"],
  ['x"é', "invalid character 'Ã' after object key:value pair"],
])("the value %s is refused: %s", ([value = "", message = ""]) => {
  expect(() => mergeObjects([formatPair("k", value)], "parameter")).toThrow(`}': ${message}`);
});

test("later keys replace earlier ones, at the top level only", () => {
  const texts = ['{"a":{"x":1},"b":1}', '{"a":{"y":2}}'];
  expect(encode(mergeObjects(texts, "parameter"))).toBe('{"a":{"y":2},"b":1}');
});

test("keys are escaped and sorted by their bytes", () => {
  const texts = [formatPair("9", "1"), formatPair("10", "2"), formatPair('k"\\', "3")];
  expect(encode(mergeObjects(texts, "parameter"))).toBe('{"10":2,"9":1,"k\\"\\\\":3}');
});

test("of a file only the first value counts, and it must be an object", async () => {
  await using recorder = await startRecorder({ status: 202, body: { activationId: "1" } });
  using session = openSession(recorder);
  const good = session.file("good.json", '{"f":1.0} trailing');
  const array = session.file("array.json", "[1]");
  await session.run("action", "invoke", "h", "-P", good, "-p", "g", "2");
  expect(recorder.asked.map(({ body }) => body)).toEqual(['{"f":1.0,"g":2}\n']);
  expect(await session.run("action", "invoke", "h", "-P", array)).toEqual({
    code: 1,
    out: "",
    err: `error: Invalid parameter argument '[]string{"[1]"}': json: cannot unmarshal array into Go value of type map[string]interface {}\n${USAGE}`,
  });
});

test("a file named with an equals sign is read as well", async () => {
  await using recorder = await startRecorder({ status: 202, body: { activationId: "1" } });
  using session = openSession(recorder);
  await session.run("action", "invoke", "h", `--param-file=${session.file("p.json", '{"f":1}')}`);
  expect(recorder.asked[0]?.body).toBe('{"f":1}\n');
});

const PAIR = "must be a key/value pair";

test.for([
  [["-p", "a"], 1, `The parameter arguments are invalid: Arguments for '-p' ${PAIR}`],
  [
    ["--annotation"],
    1,
    `The annotation arguments are invalid: Arguments for '--annotation' ${PAIR}`,
  ],
  [["-F", "a"], 1, `Arguments for '-F' ${PAIR}`],
  [["-A"], 1, "The annotation arguments are invalid: An argument must be provided for '-A'"],
  [["-P", "/no/file"], 2, "File '/no/file' is not a valid file or it does not exist"],
] as const)("%j is refused with exit code %i", async ([args, code, text]) => {
  using session = openSession();
  const err = `error: Failed to parse arguments: ${text}\n${USAGE}`;
  expect(await session.run("action", "invoke", "h", ...args)).toEqual({ code, out: "", err });
});

test("the two words after -p are taken whatever they look like", async () => {
  await using recorder = await startRecorder({ status: 202, body: { activationId: "1" } });
  using session = openSession(recorder);
  await session.run("-p", "-x", "--help", "action", "invoke", "h");
  expect(recorder.asked[0]?.body).toBe('{"-x":"--help"}\n');
});
