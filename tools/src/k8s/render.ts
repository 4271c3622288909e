import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { parseAllDocuments } from 'yaml'
import { kubectlFile } from './kubectl.ts'
import type { Manifest } from './manifest.ts'

export type { Manifest }

/** The folder of kustomize's files. */
export const k8sFolder = join(import.meta.dirname, '..', '..', '..', 'k8s')

export const overlays = ['local', 'single-node', 'production'] as const
export type OverlayName = (typeof overlays)[number]

const cacheFolder = join(import.meta.dirname, '..', '..', '..', 'node_modules', '.cache', 'fastchat')
const maxOutputBytes = 16 * 1024 * 1024
const run = promisify(execFile)

/** Returns what `kubectl apply -k k8s/overlays/<name>` would send. */
export async function renderOverlay(name: OverlayName): Promise<Manifest[]> {
  return parseManifests(await renderFolder(join(k8sFolder, 'overlays', name)))
}

/**
 * Returns what `kubectl apply -f k8s/namespace.yaml` would send. The namespace is in no overlay, so
 * that deleting an overlay keeps it.
 */
export async function readNamespace(): Promise<Manifest[]> {
  return parseManifests(await readFile(join(k8sFolder, 'namespace.yaml'), 'utf8'))
}

/**
 * Returns the base with some components and the images, whether or not an overlay combines them.
 */
export async function renderComponents(...names: readonly string[]): Promise<Manifest[]> {
  await mkdir(cacheFolder, { recursive: true })
  const folder = await mkdtemp(join(cacheFolder, 'kustomize-'))
  try {
    const path = relative(folder, k8sFolder)
    const components = [...names, 'images'].map((name) => `${path}/components/${name}`)
    const kustomization = { namespace: 'fastchat', resources: [`${path}/base`], components }
    await writeFile(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization))
    return parseManifests(await renderFolder(folder))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Returns the YAML that kustomize makes of a folder with a kustomization.yaml. */
export async function renderFolder(folder: string): Promise<string> {
  const { stdout } = await run(await kubectlFile(), ['kustomize', folder], { maxBuffer: maxOutputBytes })
  return stdout
}

/**
 * Returns the manifests of a YAML text. @throws if a document is not a manifest, or has a key twice
 */
export function parseManifests(yaml: string): Manifest[] {
  return parseAllDocuments(yaml).map((document) => {
    const [error] = document.errors
    if (error !== undefined) throw error
    const value: unknown = document.toJS()
    if (!isManifest(value)) throw new Error(`not a manifest: ${JSON.stringify(value).slice(0, 100)}`)
    return value
  })
}

function isManifest(value: unknown): value is Manifest {
  const { apiVersion, kind, metadata } = Object(value) as Partial<Manifest>
  return typeof apiVersion === 'string' && typeof kind === 'string' && typeof metadata?.name === 'string'
}
