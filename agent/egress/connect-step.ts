// How far a connection has come: for who looks into why a way is closed. Nothing is decided by it.

/** What the other end showed, before anybody looked whether to believe it. */
export type ShownCertificate = {
  /** Of who issued it, in quotation marks where it has a name. */
  readonly issuer: string
  /** As OpenSSL writes it: `DNS:example.com, IP Address:192.0.2.1`. */
  readonly names: string
  /** In milliseconds since 1970. */
  readonly endsAt: number
}

/** In this order; `resolved` for names alone, once for each address, `tunnelled` where a proxy goes on, the last two with TLS. */
export type ConnectStep =
  | { readonly at: 'resolved'; readonly address: string }
  | { readonly at: 'connected' }
  | { readonly at: 'tunnelled' }
  | ({ readonly at: 'shown' } & ShownCertificate)
  | { readonly at: 'secured' }

export type OnStep = (step: ConnectStep) => void
