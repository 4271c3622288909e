import { existsSync } from 'node:fs'
import { buildah } from './containers.ts'

const buildMs = 15 * 60_000
const hostCertificates = '/etc/ssl/certs/ca-certificates.crt'

export type ImageBuild = {
  readonly file: string
  readonly context: string
  readonly tag: string
  readonly target?: string
  readonly args?: Readonly<Record<string, string>>
  /** The time of all files, in seconds since 1970, so that two builds are equal. */
  readonly epoch: number
  /** True to build without the layers of earlier builds. */
  readonly isFresh?: boolean
}

/**
 * Builds an image from this machine's files, npm and Debian's archive. It uses the network and the
 * certificate authorities of the host.
 */
export async function buildImage(build: ImageBuild): Promise<void> {
  const { file, context, tag, target, args = {}, epoch, isFresh = false } = build
  const certificates = existsSync(hostCertificates) ? ['--volume', `${hostCertificates}:${hostCertificates}:ro`] : []
  await buildah(
    [
      ...['bud', '--quiet', '--pull=never', '--layers', '--network', 'host'],
      ...['--timestamp', String(epoch), '--file', file, '--tag', tag],
      ...certificates,
      ...(isFresh ? ['--no-cache'] : []),
      ...(target === undefined ? [] : ['--target', target]),
      ...Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
      context,
    ],
    { timeoutMs: buildMs },
  )
}
