import { describe, expect, test } from "vitest";
import {
  downloadIndex,
  downloadsFor,
  folderPage,
  placeOf,
} from "../../../src/edge/download-tree.ts";
import { fc } from "../../helpers/property.ts";

const linux = downloadsFor({ system: "linux", processor: "amd64" });

test("content.json names an archive for each system and processor", () => {
  expect(downloadIndex(linux)).toEqual({
    cli: {
      linux: {
        amd64: { path: "linux/amd64/OpenWhisk_CLI-latest-linux-amd64.tgz" },
        default: { path: "linux/amd64/OpenWhisk_CLI-latest-linux-amd64.tgz" },
      },
      mac: {
        amd64: { path: "mac/amd64/OpenWhisk_CLI-latest-mac-amd64.zip" },
        arm64: { path: "mac/arm64/OpenWhisk_CLI-latest-mac-arm64.zip" },
        default: { path: "mac/amd64/OpenWhisk_CLI-latest-mac-amd64.zip" },
      },
    },
  });
});

test("every path of content.json is a file, and every file has its folders", () => {
  for (const download of linux) {
    expect(placeOf(linux, download.path)).toEqual({ type: "file", download });
    const [system = "", processor = "", name] = download.path.split("/");
    expect(placeOf(linux, system)).toMatchObject({
      names: expect.arrayContaining([`${processor}/`]),
    });
    expect(placeOf(linux, `${system}/${processor}`)).toMatchObject({
      names: expect.arrayContaining([name]),
    });
  }
});

test("the executable is for the system that the server runs on", () => {
  const paths = (system: string, processor: string) =>
    downloadsFor({ system, processor }).map(({ path }) => path);
  expect(paths("linux", "arm64")).toContain("linux/arm64/wsk");
  expect(paths("linux", "arm64")).not.toContain("linux/amd64/wsk");
  expect(paths("darwin", "arm64").filter((path) => path.startsWith("linux"))).toEqual([]);
  expect(paths("darwin", "arm64")).toContain("mac/amd64/wsk");
});

describe("what there is not", () => {
  test.for(["windows/amd64/wsk.exe", "linux/386/wsk", "linux/amd64/ws", "lin", "..", "%2e%2e"])(
    "%s",
    (path) => {
      expect(placeOf(linux, path)).toEqual({ type: "missing" });
    },
  );
});

test("pages link what the original's do", () => {
  const place = placeOf(linux, "");
  expect(place).toEqual({ type: "folder", path: "", names: ["linux/", "mac/", "content.json"] });
  const page = folderPage("", ["linux/", "content.json"]);
  expect(page).toContain('<a href="content.json">content.json</a>');
  expect(page).toContain('<a href="linux/">linux/</a>');
});

test("whatever is asked for, only what is listed is a file", () => {
  const paths = linux.map(({ path }) => path);
  const asked = fc.oneof(fc.string(), fc.constantFrom(...paths, "", "linux", "mac/amd64"));
  fc.assert(
    fc.property(asked, (path) => {
      expect(placeOf(linux, path).type === "file").toBe(paths.includes(path));
    }),
  );
});
