import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

const root = join(import.meta.dirname, '..', '..', '..')

export type Release = {
  /** Of all images but one, and of the Job that migrates. */
  readonly version: string
  /** Of the image of ws-router and front-door. */
  readonly router: string
}

/** The versions that the manifests have. */
export function readRelease(): Release {
  const file = readFileSync(join(root, 'k8s', 'components', 'release', 'release.yaml'), 'utf8')
  return (parse(file) as { data: Release }).data // a file of this checkout
}

export const migrateJobName = ({ version }: Pick<Release, 'version'>): string =>
  `migrate-${version.replaceAll('.', '-')}`
