import { ConfigSchema as auth } from '@fastchat/auth/config'
import { Config as balancer } from '@fastchat/balancer/config'
import { Config as chat } from '@fastchat/chat/config'
import { limits } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { pages, proseOf } from './pages.ts'

const settings = [auth, balancer, chat].flatMap(({ properties }) =>
  Object.entries(properties).flatMap(([name, schema]) =>
    'default' in schema && typeof schema.default === 'number' ? [[name, schema.default] as const] : [],
  ),
)
/** The values of a name: services may have different defaults for one name, such as PORT. */
const valuesOf = (name: string): readonly number[] => [
  ...settings.filter(([setting]) => setting === name).map(([, value]) => value),
  ...(Object.hasOwn(limits, name) ? [limits[name as keyof typeof limits]] : []),
]

const units: Readonly<Record<string, number>> = {
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  seconds: 1_000,
  s: 1_000,
}
const number = String.raw`(\d[\d ,]*(?:\.\d+)?)`
const name = String.raw`\`(\w+)\``
/** "16 KiB (`maxInlineEnvelopeBytes`)" and "`DRAIN_SECONDS` (15)". */
const before = new RegExp(
  String.raw`${number} ?(KiB|MiB|GiB|seconds|s|times|%|days)?(?: [a-z-]+){0,4} \(${name}\)`,
  'g',
)
const behind = new RegExp(String.raw`${name} \(${number}(?: (KiB|MiB|GiB|seconds))?\)`, 'g')

type Figure = { readonly name: string; readonly written: number; readonly scaled: number; readonly text: string }

function figuresIn(page: string): readonly Figure[] {
  const prose = proseOf(page).replaceAll('\n', ' ')
  const figure = (text: string, name = '', digits = '', unit = ''): Figure => {
    const written = Number(digits.replaceAll(/[ ,]/g, ''))
    return { name, written, scaled: written * (units[unit] ?? 1), text }
  }
  return [
    ...[...prose.matchAll(before)].map(([text, digits, unit, name]) => figure(text, name, digits, unit)),
    ...[...prose.matchAll(behind)].map(([text, name, digits, unit]) => figure(text, name, digits, unit)),
  ].filter(({ name }) => valuesOf(name).length > 0)
}

test('a figure beside the name of a limit or setting is its value', () => {
  const wrong = pages.flatMap((page) =>
    figuresIn(page)
      // A setting may count in the unit that the page writes: 15 seconds of DRAIN_SECONDS.
      .filter(({ name, written, scaled }) => !valuesOf(name).some((value) => value === written || value === scaled))
      .map(({ text }) => `${page}: ${text}`),
  )
  expect(wrong).toEqual([])
  expect(pages.flatMap(figuresIn).length).toBeGreaterThan(8)
})
