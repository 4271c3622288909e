import * as contract from '@fastchat/schema'
import { expect, test, vi } from 'vitest'
import { withoutNotes } from './without-notes.ts'

test('a page makes the same schemas of the contract as typebox does', async () => {
  vi.doMock('typebox', () => import('./page-typebox.ts'))
  vi.resetModules()
  const ofPage: Record<string, unknown> = await import('@fastchat/schema')
  expect(ofPage.PayloadSchema).not.toBe(contract.PayloadSchema)
  const json = (all: Record<string, unknown>) => JSON.parse(JSON.stringify(all))
  expect(json(ofPage)).toEqual(json(contract))
})

test('notes and the schemas of operations are taken out, and fields of messages stay', () => {
  const module = `
    export const card = payload('card', 'A card', { title: Type.String({ maxLength: 9, description: 'Its title' }), description: Text })
    export const get = { getIt: operation({ method: 'GET', path: '/v1/it', access: 'device', summary: \`Get \${it}\`,
      response: { 200: It }, errors: ['not_found'], }), } as const`
  expect(withoutNotes(module).replace(/\s+/g, ' ').trim()).toBe(
    "export const card = payload('card', 'A card', { title: Type.String({ maxLength: 9, }), description: Text })" +
      " export const get = { getIt: operation({ method: 'GET', path: '/v1/it', }), } as const",
  )
})
