import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Manifest } from './manifest.ts'
import { readRelease } from './release.ts'
import { k8sFolder, overlays, parseManifests, renderFolder } from './render.ts'
import { containersOf, ofKind, servicesOf, workloadsOf } from './workloads.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastchat-image-sources-'))
  await cp(k8sFolder, folder, { recursive: true })
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const installed = [...overlays.map((name) => join('overlays', name)), 'admin']
const render = async (name: string) => parseManifests(await renderFolder(join(folder, name)))
const imagesOf = (manifests: readonly Manifest[]) => [
  ...new Set(workloadsOf(manifests).flatMap((workload) => containersOf(workload).map(({ image = '' }) => image))),
]

async function change(file: string, from: string, to: string): Promise<void> {
  const path = join(folder, file)
  const text = await readFile(path, 'utf8')
  expect(text.split(from)).toHaveLength(2)
  await writeFile(path, text.replace(from, to))
}

test('one line sets the next version of all images and the Job, and unchanged workloads are not replaced', async () => {
  const templates = (manifests: readonly Manifest[]) =>
    Object.fromEntries(servicesOf(manifests).map(({ name, pod, podLabels }) => [name, { pod, podLabels }]))
  const before = templates(await render('overlays/local'))
  await change('components/release/release.yaml', `version: ${readRelease().version}`, 'version: 9.8.7')
  for (const name of installed)
    for (const image of imagesOf(await render(name)).filter((one) => /^fastchat\/(?!ws-router:)/.test(one)))
      expect(image).toMatch(/:9\.8\.7$/)
  const local = await render('overlays/local')
  expect(ofKind(local, 'Job').map(({ metadata }) => metadata.name)).toEqual(['migrate-9-8-7'])
  const after = templates(local)
  const replaced = Object.keys(after).filter((name) => JSON.stringify(after[name]) !== JSON.stringify(before[name]))
  expect(replaced.toSorted()).toEqual(['auth', 'balancer', 'chat', 'web'])
})

test('one file sets registry, names and digests for every overlay and the operator’s pod', async () => {
  const digest = `sha256:${'a'.repeat(64)}`
  const images = ['admin', 'auth', 'balancer', 'chat', 'migrate', 'web', 'ws-router'].map((name) => ({
    name: `fastchat/${name}`,
    newName: `registry.example.com:5000/team/${name}`,
    digest,
  }))
  const stores = ['postgres', 'redis'].map((name) => ({
    name: `docker.io/library/${name}`,
    newName: `registry.example.com:5000/library/${name}`,
  }))
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1alpha1',
    kind: 'Component',
    components: ['../release'],
    images: [...images, ...stores],
  }
  await writeFile(join(folder, 'components/images/kustomization.yaml'), JSON.stringify(kustomization))
  for (const name of installed) {
    const used = imagesOf(await render(name))
    expect(used.length).toBeGreaterThan(0)
    for (const image of used) {
      expect(image).toMatch(/^registry\.example\.com:5000\/(team|library)\//)
      if (image.includes('/team/')) expect(image.endsWith(`@${digest}`)).toBe(true)
    }
  }
})

test('that file lists every image of the overlays', async () => {
  const text = await readFile(join(folder, 'components/images/kustomization.yaml'), 'utf8')
  for (const name of installed)
    for (const image of imagesOf(await render(name))) expect(text).toContain(`{ name: ${image.split(':')[0]},`)
})
