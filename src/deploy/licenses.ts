/** Licences that the original knows without asking; others only cause a warning. */
const VERSIONS: Readonly<Record<string, RegExp>> = {
  APACHE: /^(1\.0|1\.1|2\.0)$/,
  LGPL: /^(2\.0|2\.1|3\.0)$/,
  GPL: /^[123]\.0$/,
  MPL: /^(1\.0|1\.1|2\.0(-NO-COPYLEFT-EXCEPTION)?)$/,
  BSD: /^([234]-CLAUSE(-[A-Z0-9-]+)?|PROTECTION|SOURCE-CODE)$/,
  "0BSD": /^$/,
  GFDL: /^1\.[123]$/,
  AGPL: /^3\.0$/,
  MIT: /^(FEH|ENNA|ADVERTISING|CMU)?$/,
  AFL: /^(1\.[12]|2\.[01]|3\.0)$/,
  APSL: /^(1\.[012]|2\.0)$/,
  EPL: /^1\.0$/,
  OSL: /^(1\.[01]|2\.[01]|3\.0)$/,
  PHP: /^3\.01?$/,
  ISC: /^$/,
  UNLICENSE: /^$/,
  UNLICENSED: /^$/,
};

/** True for an identifier of the SPDX list that is in common use, in any case. */
export function isKnownLicense(license: string): boolean {
  const [family = "", ...version] = license.toUpperCase().split("-");
  return Object.hasOwn(VERSIONS, family) && VERSIONS[family]?.test(version.join("-")) === true;
}
