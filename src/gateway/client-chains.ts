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
   * How many stand between a certificate and the root among the authorities (PEM) that it leads to;
   * undefined when it leads to none.
   */
  lengthTo(leaf: X509Certificate, authorities: string): number | undefined {
    const known = certificatesIn(authorities);
    const passed: X509Certificate[] = [];
    for (let last = leaf; passed.length < LENGTH_MAX; ) {
      const own = known.find((authority) => isIssuedBy(last, authority));
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
    if (sent !== undefined && isIssuedBy(one, sent)) return sent;
    for (const authority of this.seen.values()) {
      if (isIssuedBy(one, authority)) return authority;
    }
    return undefined;
  }
}

function isIssuedBy(one: X509Certificate, authority: X509Certificate): boolean {
  return one.checkIssued(authority) && one.verify(authority.publicKey);
}

function certificatesIn(pem: string): X509Certificate[] {
  const found = pem.match(/-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/gsu) ?? [];
  return found.map((one) => new X509Certificate(one));
}
