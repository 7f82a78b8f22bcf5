/** How a server is given its certificate. Alone in its file: the types of the public entry name nothing of Node's. */

/** A certificate and its key, as PEM texts. */
export interface TlsOptions {
  /** The certificate, with those between it and the root behind it. */
  readonly cert: string
  readonly key: string
}
