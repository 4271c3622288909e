import 'reflect-metadata' // The next import needs it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const dayMs = 24 * 60 * 60_000

/** The paths of three PEM files. */
export type CertificateFiles = { readonly certFile: string; readonly keyFile: string; readonly caFile: string }

export type CertificateAuthority = {
  /** The authority's certificate as PEM. */
  readonly certificate: string
  readonly caFile: string
  /**
   * Issues a server's key and certificate: for localhost and 127.0.0.1, or for `host`, a name or an
   * address.
   */
  issue(name: string, host?: string): Promise<CertificateFiles>
  remove(): Promise<void>
}

/** Returns a certificate authority for a test. Its certificates are valid for a day. */
export async function createCertificateAuthority(): Promise<CertificateAuthority> {
  const dir = await mkdtemp(join(tmpdir(), 'fastchat-ca-'))
  const keys = await newKeys()
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=FastChat test CA',
    keys,
    notAfter: new Date(Date.now() + dayMs),
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  })
  const certificate = ca.toString('pem')
  const caFile = join(dir, 'ca.pem')
  await writeFile(caFile, certificate)
  return {
    certificate,
    caFile,
    async issue(name, host) {
      const own = await newKeys()
      const issued = await x509.X509CertificateGenerator.create({
        subject: `CN=${name}`,
        issuer: ca.subject,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        notAfter: new Date(Date.now() + dayMs),
        signingAlgorithm: algorithm,
        extensions: [
          new x509.SubjectAlternativeNameExtension(
            host === undefined
              ? [
                  { type: 'dns', value: 'localhost' },
                  { type: 'ip', value: '127.0.0.1' },
                ]
              : [{ type: isIP(host) === 0 ? 'dns' : 'ip', value: host }],
          ),
        ],
      })
      const [certFile, keyFile] = [join(dir, `${name}.pem`), join(dir, `${name}.key`)]
      await writeFile(certFile, issued.toString('pem'))
      await writeFile(keyFile, pem('PRIVATE KEY', await crypto.subtle.exportKey('pkcs8', own.privateKey)))
      return { certFile, keyFile, caFile }
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  }
}

const newKeys = () => crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])

const pem = (kind: string, bytes: ArrayBuffer) =>
  `-----BEGIN ${kind}-----\n${Buffer.from(bytes).toString('base64')}\n-----END ${kind}-----\n`
