import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readRelease } from './release.ts'
import { k8sFolder, overlays, renderOverlay } from './render.ts'

const readme = readFileSync(join(k8sFolder, 'README.md'), 'utf8')
const sectionOf = (title: string) => readme.split(/^## /m).find((part) => part.startsWith(title)) ?? ''

test.each(overlays)('the CRDs that %s needs are named before the installation', async (overlay) => {
  const needs = sectionOf('What an overlay needs')
  const crds = (await renderOverlay(overlay))
    // Kubernetes' own groups have no dot, or end in k8s.io.
    .map(({ apiVersion, kind }) => ({ group: apiVersion.split('/').slice(0, -1).join(), kind: kind.toLowerCase() }))
    .filter(({ group }) => group.includes('.') && !group.endsWith('.k8s.io'))
    .map(({ group, kind }) => `${kind}s.${group}`)
  for (const crd of new Set(crds)) {
    const sentence = needs.split(/(?<=\)),/).find((part) => part.includes(`\`${crd}\``))
    expect(sentence, crd).toContain(`\`${overlay}\``)
  }
})

test('every component has its line, and every line its component', () => {
  const named = [...sectionOf('Overlays').matchAll(/^\| (`[^|]+`) \|/gm)]
    .flatMap(([, cell = '']) => [...cell.matchAll(/`([a-z-]+)`/g)].map(([, name = '']) => name))
    .filter((name) => !(overlays as readonly string[]).includes(name))
  expect(named.toSorted()).toEqual(readdirSync(join(k8sFolder, 'components')).toSorted())
})

test('what the page tells to apply or delete is there, and its versions are those of the release', () => {
  const paths = [...readme.matchAll(/(?:-k|-f) (k8s\/[\w/.-]+)/g)].map(([, path = '']) => path)
  expect(paths.length).toBeGreaterThan(5)
  expect(paths.filter((path) => !existsSync(join(k8sFolder, '..', path)))).toEqual([])
  const { version, router } = readRelease()
  expect(readme).toContain(`V=${version}; R=${router} `)
})

test('what is deleted with an overlay, and what is kept, is said', () => {
  expect(sectionOf('Uninstall')).toContain('leaves the namespace, the Secrets, and the volume')
  expect(readme).toContain('kubectl drain NODE --ignore-daemonsets --delete-emptydir-data')
})
