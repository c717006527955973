// Unpacks the archives that actions come in: zip and tar.gz, found by their first bytes.
"use strict";
const fs = require("fs");
const path = require("path");
const zlib = require("zlib");
const { refusal } = require("./refusal.cjs");

const ZIP = "504b0304";
const GZIPS = ["1f8b0808", "1f8b0800"];
/** Unpacked bytes of one archive; the container's memory is the real limit. */
const UNPACKED_BYTES_MAX = 1024 * 1024 * 1024;

/** Throws the original's texts. */
function extract(bytes, folder) {
  const magic = bytes.subarray(0, 4).toString("hex");
  if (magic === ZIP) return attempt("Zip", () => unzip(bytes, folder));
  if (GZIPS.includes(magic)) {
    const tar = () => zlib.gunzipSync(bytes, { maxOutputLength: UNPACKED_BYTES_MAX });
    return attempt("Tar GZ", () => untar(tar(), folder));
  }
  throw refusal(
    "There was an error uncompressing the action archive. The file type is unsupported",
  );
}

function attempt(name, unpack) {
  try {
    unpack();
  } catch (cause) {
    throw refusal(`There was an error uncompressing the action ${name} archive.`, cause);
  }
}

const END_OF_CENTRAL = 0x06054b50;
const CENTRAL_ENTRY = 0x02014b50;
const END_BYTES = 22;

/** By the central directory, which has the sizes, the modes and the links. */
function unzip(bytes, folder) {
  let end = bytes.length - END_BYTES;
  while (end >= 0 && bytes.readUInt32LE(end) !== END_OF_CENTRAL) end -= 1;
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    if (bytes.readUInt32LE(at) !== CENTRAL_ENTRY) throw new Error("broken directory");
    const nameBytes = bytes.readUInt16LE(at + 28);
    const name = bytes.toString("utf8", at + 46, at + 46 + nameBytes);
    const isUnix = bytes[at + 5] === 3 || bytes[at + 5] === 19;
    const mode = isUnix ? bytes.readUInt16LE(at + 40) : 0;
    place(folder, name, mode, name.endsWith("/"), () => zipContent(bytes, at));
    at += 46 + nameBytes + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
}

function zipContent(bytes, entry) {
  const local = bytes.readUInt32LE(entry + 42);
  const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
  const packed = bytes.subarray(start, start + bytes.readUInt32LE(entry + 20));
  const method = bytes.readUInt16LE(entry + 10);
  const isEncrypted = (bytes.readUInt16LE(entry + 8) & 1) === 1;
  if (isEncrypted || (method !== 0 && method !== 8)) throw new Error("unsupported entry");
  if (method === 0) return packed;
  return zlib.inflateRawSync(packed, { maxOutputLength: UNPACKED_BYTES_MAX });
}

const BLOCK = 512;
const LINK_MODE = 0o120000;

function untar(bytes, folder) {
  let longName;
  let longLink;
  for (let at = 0; at + BLOCK <= bytes.length && bytes[at] !== 0; ) {
    const text = (from, length) =>
      bytes.toString("utf8", at + from, at + from + length).split("\0")[0];
    const octal = (from, length) => Number.parseInt(text(from, length).trim() || "0", 8);
    const size = octal(124, 12);
    const content = bytes.subarray(at + BLOCK, at + BLOCK + size);
    const type = String.fromCharCode(bytes[at + 156] || 0x30);
    const prefix = text(257, 5) === "ustar" ? text(345, 155) : "";
    const name = longName ?? (prefix === "" ? text(0, 100) : `${prefix}/${text(0, 100)}`);
    const link = longLink ?? text(157, 100);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    if (type === "L") longName = content.toString("utf8").split("\0")[0];
    else if (type === "K") longLink = content.toString("utf8").split("\0")[0];
    else if (type === "x") {
      const fields = paxFields(content);
      longName = fields.path;
      longLink = fields.linkpath;
    } else {
      longName = undefined;
      longLink = undefined;
      if (type === "0") place(folder, name, octal(100, 8), false, () => content);
      else if (type === "5") place(folder, name, 0, true);
      else if (type === "2") place(folder, name, LINK_MODE, false, () => Buffer.from(link));
      else if (type === "1") {
        place(folder, name, octal(100, 8), false, () => fs.readFileSync(inside(folder, link)));
      }
    }
  }
}

/** Records `<length> <key>=<value>\n`. */
function paxFields(content) {
  const fields = {};
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at);
    const length = Number(content.toString("latin1", at, space));
    if (!(length > 0)) throw new Error("broken header");
    const record = content.toString("utf8", space + 1, at + length - 1);
    const equals = record.indexOf("=");
    fields[record.slice(0, equals)] = record.slice(equals + 1);
    at += length;
  }
  return fields;
}

function inside(folder, name) {
  const file = path.join(folder, name);
  if (file !== folder && !file.startsWith(folder + path.sep)) throw new Error("leaves the folder");
  return file;
}

function place(folder, name, mode, isFolder, content) {
  const file = inside(folder, name);
  if (isFolder) {
    fs.mkdirSync(file, { recursive: true });
    return;
  }
  fs.mkdirSync(path.dirname(file), { recursive: true });
  if ((mode & 0o170000) === LINK_MODE) {
    fs.symlinkSync(content().toString("utf8"), file);
    return;
  }
  const executable = (mode & 0o100) !== 0;
  fs.writeFileSync(file, content(), { mode: executable ? 0o755 : 0o644 });
}

module.exports = { extract };
