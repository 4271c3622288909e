import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

const root = join(import.meta.dirname, '..', '..', '..')

export type Release = {
  /** The version of the migration Job and of all images except the routers'. */
  readonly version: string
  /** The version of the image of ws-router and front-door. */
  readonly router: string
}

/** Reads the versions of the manifests. */
export function readRelease(): Release {
  const file = readFileSync(join(root, 'k8s', 'components', 'release', 'release.yaml'), 'utf8')
  return (parse(file) as { data: Release }).data // the file is part of this checkout
}

export const migrateJobName = ({ version }: Pick<Release, 'version'>): string =>
  `migrate-${version.replaceAll('.', '-')}`
