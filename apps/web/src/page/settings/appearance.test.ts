import { expect, test } from 'vitest'
import { keepAppearance, readAppearance } from './appearance.ts'

const memory = (value: string | null) => {
  let kept = value
  return {
    getItem: () => kept,
    setItem: (_: string, next: string) => {
      kept = next
    },
  }
}

test('the look of the page is kept, and what is unknown counts as usual', () => {
  const storage = memory(null)
  keepAppearance(storage, { theme: 'dark', language: 'de' })
  expect(readAppearance(storage)).toEqual({ theme: 'dark', language: 'de' })
  const usual = { theme: 'system', language: 'system' }
  for (const text of [null, '', 'no JSON', 'null', '7', '{"theme":"pink","language":"xx"}'])
    expect(readAppearance(memory(text)), String(text)).toEqual(usual)
  expect(readAppearance(memory('{"theme":"light"}'))).toEqual({ theme: 'light', language: 'system' })
})

test('a browser that keeps nothing for the page shows the usual look', () => {
  const refusing = {
    getItem: () => {
      throw new Error('no storage')
    },
    setItem: () => {
      throw new Error('no storage')
    },
  }
  expect(readAppearance(refusing).theme).toBe('system')
  expect(() => keepAppearance(refusing, { theme: 'dark', language: 'en' })).not.toThrow()
})
