/**
 * Where the certificates of clients lead. What TLS says of them is not enough: a session that is
 * resumed under another name keeps the verdict of the first, by the authorities of that one.
 */
import { X509Certificate } from "node:crypto";
import { LRUCache } from "lru-cache";

/** OpenSSL follows no chain any further. */
const LENGTH_MAX = 100;
/** Beyond it a resumed session whose chain was sent long ago counts as without certificate. */
const SEEN_MAX = 1000;

export class ClientChains {
  /** Of verified chains, by fingerprint: a resumed session brings only the client's own along. */
  private readonly seen = new LRUCache<string, X509Certificate>({ max: SEEN_MAX });

  /**
   * How many stand between a certificate and the root among the authorities that it leads to;
   * undefined when it leads to none.
   */
  lengthTo(leaf: X509Certificate, authorities: readonly X509Certificate[]): number | undefined {
    const passed: X509Certificate[] = [];
    for (let last = leaf; passed.length < LENGTH_MAX; ) {
      const owns = authorities.filter((authority) => isIssuedBy(last, authority));
      // A root that others have signed too may stand there in both forms.
      const own = owns.find((one) => isIssuedBy(one, one)) ?? owns[0];
      const issuer = own ?? this.issuerOf(last);
      if (issuer === undefined) return undefined;
      if (own !== undefined && isIssuedBy(own, own)) {
        for (const one of passed) this.seen.set(one.fingerprint256, one);
        return passed.length;
      }
      passed.push(issuer);
      last = issuer;
    }
    return undefined;
  }

  /** The client has sent it, or another one with the same issuer had. */
  private issuerOf(one: X509Certificate): X509Certificate | undefined {
    const sent = one.issuerCertificate;
    if (sent !== undefined && maySign(sent) && isIssuedBy(one, sent)) return sent;
    for (const authority of this.seen.values()) {
      if (maySign(authority) && isIssuedBy(one, authority)) return authority;
    }
    return undefined;
  }
}

function isIssuedBy(one: X509Certificate, authority: X509Certificate): boolean {
  return one.checkIssued(authority) && one.verify(authority.publicKey);
}

function maySign({ ca, validFromDate, validToDate }: X509Certificate): boolean {
  const nowMs = Date.now();
  return ca && validFromDate.getTime() <= nowMs && nowMs <= validToDate.getTime();
}

const PEM = /-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----.+?-----END \1-----/gsu;

/** Those of a PEM text that can be read. */
export function certificatesIn(pem: string): readonly X509Certificate[] {
  return [...pem.matchAll(PEM)].flatMap(([text]) => {
    try {
      return [new X509Certificate(text)];
    } catch {
      // OpenSSL leaves it out of the authorities as well.
      return [];
    }
  });
}
