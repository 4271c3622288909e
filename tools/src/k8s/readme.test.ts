import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readRelease } from './release.ts'
import { k8sFolder, overlays, renderOverlay } from './render.ts'

const readme = readFileSync(join(k8sFolder, 'README.md'), 'utf8')
const sectionOf = (title: string) => readme.split(/^## /m).find((part) => part.startsWith(title)) ?? ''

test.each(overlays)('the page names the CRDs of %s before the installation', async (overlay) => {
  const needs = sectionOf('What an overlay needs')
  const crds = (await renderOverlay(overlay))
    // The groups of Kubernetes have no dot, or end in k8s.io.
    .map(({ apiVersion, kind }) => ({ group: apiVersion.split('/').slice(0, -1).join(), kind: kind.toLowerCase() }))
    .filter(({ group }) => group.includes('.') && !group.endsWith('.k8s.io'))
    .map(({ group, kind }) => `${kind}s.${group}`)
  for (const crd of new Set(crds)) {
    const sentence = needs.split(/(?<=\)),/).find((part) => part.includes(`\`${crd}\``))
    expect(sentence, crd).toContain(`\`${overlay}\``)
  }
})

test('the page has a line for each component, and no other', () => {
  const named = [...sectionOf('Overlays').matchAll(/^\| (`[^|]+`) \|/gm)]
    .flatMap(([, cell = '']) => [...cell.matchAll(/`([a-z-]+)`/g)].map(([, name = '']) => name))
    .filter((name) => !(overlays as readonly string[]).includes(name))
  expect(named.toSorted()).toEqual(readdirSync(join(k8sFolder, 'components')).toSorted())
})

test('the files that the page applies or deletes exist, and its versions are those of the release', () => {
  const paths = [...readme.matchAll(/(?:-k|-f) (k8s\/[\w/.-]+)/g)].map(([, path = '']) => path)
  expect(paths.length).toBeGreaterThan(5)
  expect(paths.filter((path) => !existsSync(join(k8sFolder, '..', path)))).toEqual([])
  const { version, router } = readRelease()
  expect(readme).toContain(`V=${version}; R=${router} `)
})

test('the page says what a deleted overlay removes and keeps', () => {
  expect(sectionOf('Uninstall')).toContain('leaves the namespace, the Secrets, and the volume')
  expect(readme).toContain('kubectl drain NODE --ignore-daemonsets --delete-emptydir-data')
})
