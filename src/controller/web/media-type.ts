/**
 * Media types as the original's HTTP library sees them: the registered ones, and whether a type is
 * text or bytes (openwhisk-web-and-composition.md 1.4).
 */

export type MediaType = {
  /** "text/html", with parameters other than charset: "multipart/form-data; boundary=x" */
  readonly value: string;
  /** Without parameters, in lower case. */
  readonly essence: string;
  /** "open": text of any charset; "fixed": text that is UTF-8 and does not say so. */
  readonly class: "binary" | "open" | "fixed";
  /** As named by the header, in the usual spelling. */
  readonly charset: string | undefined;
};

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const QUOTED = '"(?:[^"\\\\]|\\\\.)*"';
const TYPE = new RegExp(`^[ \\t]*(${TOKEN})/(${TOKEN})[ \\t]*`);
const PARAMETER = new RegExp(`;[ \\t]*(${TOKEN})[ \\t]*=[ \\t]*(${TOKEN}|${QUOTED})[ \\t]*`, "y");

/** Longest value that is read; a longer one is none. */
const LENGTH_MAX = 4096;

/** Reads the value of a Content-Type header; undefined when it is none. */
export function parseMediaType(text: string): MediaType | undefined {
  const type = text.length > LENGTH_MAX ? null : TYPE.exec(text);
  if (type === null) return undefined;
  const [whole, main = "", sub = ""] = type;
  const read = readParameters(text, whole.length);
  if (read === undefined) return undefined;
  const { charset, parameters } = read;
  const essence = `${main}/${sub}`.toLowerCase();
  const own = parameters.map(([key, value]) => `; ${key}=${quoteWhereNeeded(value)}`);
  return {
    value: essence + own.join(""),
    essence,
    class: classOf(essence, charset !== undefined),
    charset: charset === undefined ? undefined : usualSpelling(charset),
  };
}

/** As the original writes it into headers: a fixed charset is not named. */
export function contentTypeText(type: MediaType): string {
  return type.class === "open" && type.charset !== undefined
    ? `${type.value}; charset=${type.charset}`
    : type.value;
}

/** `application/json` itself, or any type whose value ends in "+json". */
export function isJsonFamily(type: MediaType): boolean {
  return type.value === "application/json" || type.value.endsWith("+json");
}

type Parameters = {
  readonly charset: string | undefined;
  readonly parameters: readonly (readonly [string, string])[];
};

function readParameters(text: string, from: number): Parameters | undefined {
  let charset: string | undefined;
  const parameters = new Map<string, string>();
  let at = from;
  while (at < text.length) {
    PARAMETER.lastIndex = at;
    const match = PARAMETER.exec(text);
    if (match === null) return undefined;
    const [whole, key = "", raw = ""] = match;
    const value = raw.startsWith('"') ? raw.slice(1, -1).replace(/\\(.)/g, "$1") : raw;
    if (key.toLowerCase() === "charset") charset = value;
    else parameters.set(key, value);
    at += whole.length;
  }
  // The original keeps them sorted.
  return { charset, parameters: [...parameters].sort(([one], [other]) => (one < other ? -1 : 1)) };
}

function quoteWhereNeeded(value: string): string {
  return new RegExp(`^${TOKEN}$`).test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`;
}

function usualSpelling(charset: string): string {
  return /^(utf|iso|us-ascii)/i.test(charset) ? charset.toUpperCase() : charset;
}

function classOf(essence: string, hasCharset: boolean): MediaType["class"] {
  if (FIXED.has(essence)) return "fixed";
  if (OPEN.has(essence)) return "open";
  if (essence.startsWith("multipart/") || REGISTERED_BINARY.has(essence)) return "binary";
  return hasCharset ? "open" : "binary";
}

const names = (main: string, subs: string): string[] =>
  subs
    .trim()
    .split(/\s+/)
    .map((sub) => `${main}/${sub.toLowerCase()}`);

const FIXED: ReadonlySet<string> = new Set([
  ...names(
    "application",
    `json json-patch+json merge-patch+json problem+json vnd.api+json x-www-form-urlencoded`,
  ),
  "text/event-stream",
]);

const OPEN: ReadonlySet<string> = new Set([
  ...names(
    "application",
    `atom+xml base64 javascript rss+xml soap+xml vnd.google-earth.kml+xml x-latex x-vrml xhtml+xml
    xml-dtd xml problem+xml`,
  ),
  ...names(
    "text",
    `asp cache-manifest calendar css csv html markdown mcf plain richtext tab-separated-values
    uri-list vnd.wap.wml vnd.wap.wmlscript x-asm x-c x-component x-h x-java-source x-pascal x-script
    x-scriptcsh x-scriptelisp x-scriptksh x-scriptlisp x-scriptperl x-scriptperl-module
    x-scriptphyton x-scriptrexx x-scriptscheme x-scriptsh x-scripttcl x-scripttcsh x-scriptzsh
    x-server-parsed-html x-setext x-sgml x-speech x-uuencode x-vcalendar x-vcard xml`,
  ),
]);

/** Of the others only these are bytes even when the header names a charset. */
const REGISTERED_BINARY: ReadonlySet<string> = new Set([
  ...names(
    "application",
    `cbor gnutar java-archive grpc+proto lha lzx msword octet-stream pdf postscript
    vnd.google-earth.kmz vnd.ms-excel vnd.ms-excel.addin.macroEnabled.12
    vnd.ms-excel.sheet.binary.macroEnabled.12 vnd.ms-excel.sheet.macroEnabled.12
    vnd.ms-excel.template.macroEnabled.12 vnd.ms-fontobject vnd.ms-powerpoint
    vnd.ms-powerpoint.addin.macroEnabled.12 vnd.ms-powerpoint.presentation.macroEnabled.12
    vnd.ms-powerpoint.slideshow.macroEnabled.12 vnd.ms-word.document.macroEnabled.12
    vnd.oasis.opendocument.chart vnd.oasis.opendocument.database
    vnd.oasis.opendocument.formula vnd.oasis.opendocument.graphics
    vnd.oasis.opendocument.image vnd.oasis.opendocument.presentation
    vnd.oasis.opendocument.spreadsheet vnd.oasis.opendocument.text
    vnd.oasis.opendocument.text-master vnd.oasis.opendocument.text-web
    vnd.openxmlformats-officedocument.presentationml.presentation
    vnd.openxmlformats-officedocument.presentationml.slide
    vnd.openxmlformats-officedocument.presentationml.slideshow
    vnd.openxmlformats-officedocument.presentationml.template
    vnd.openxmlformats-officedocument.spreadsheetml.sheet
    vnd.openxmlformats-officedocument.spreadsheetml.template
    vnd.openxmlformats-officedocument.wordprocessingml.document
    vnd.openxmlformats-officedocument.wordprocessingml.template
    x-7z-compressed x-ace-compressed x-apple-diskimage x-arc-compressed x-bzip x-bzip2
    x-chrome-extension x-compress x-compressed x-debian-package x-dvi x-font-truetype
    x-font-opentype x-gtar x-gzip x-rar-compressed x-redhat-package-manager x-shockwave-flash x-tar
    x-tex x-texinfo x-x509-ca-cert x-xpinstall zip`,
  ),
  ...names(
    "audio",
    `aiff basic midi mod mpeg ogg voc vorbis voxware wav x-pn-realaudio x-psid xm webm`,
  ),
  ...names("font", `woff woff2`),
  ...names(
    "image",
    `gif jpeg pict png svg+xml tiff x-icon x-ms-bmp x-pcx x-pict x-quicktime x-rgb x-xbitmap
    x-xpixmap webp`,
  ),
  ...names("message", `http delivery-status rfc822`),
  ...names(
    "video",
    `avs-video divx gl mp4 mpeg ogg quicktime x-dv x-flv x-motion-jpeg x-ms-asf x-msvideo
    x-sgi-movie webm`,
  ),
]);
