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
  /** Seconds since 1970 that all files get, so that two builds are the same. */
  readonly epoch: number
  /** Nothing of a former build is used. */
  readonly isFresh?: boolean
}

/** Builds one image from what is on this machine, npm and Debian's archive. The network and the authorities trusted are the host's. */
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
