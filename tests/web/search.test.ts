import { eventually } from '@fastchat/testkit'
import { expect, test } from 'vitest'
import { Person } from '../support/person.ts'
import { useInstallation } from './installation.ts'

const count = 220
const installation = useInstallation()

test('a long chat is scrolled to its beginning with few lines in the page, and a search leads to a place', async () => {
  installation.keepPictures()
  const ann = await installation.open('ann')
  await ann.signUp()
  const bob = await Person.signUp(installation.url(), 'bob')
  const { userId } = await bob.client.user('ann')
  const { id } = await bob.client.openDirect(userId)
  for (let n = 0; n < count - 1; n++) await bob.queue(id, n === 20 ? 'the plum tree of number 20' : `number ${n}`)
  await bob.send(id, `number ${count - 1}`)
  await eventually(() => ann.openChat('bob'))
  await ann.page.getByRole('button', { name: 'Accept' }).click()
  await eventually(async () => {
    const jump = ann.page.getByRole('button', { name: 'Jump to the latest' })
    if ((await jump.count()) > 0) await jump.click()
    expect((await ann.texts()).at(-1)).toBe(`number ${count - 1}`)
  })

  const timeline = ann.page.getByRole('log')
  await eventually(async () => {
    await timeline.evaluate((box) => {
      box.scrollTop = 0
    })
    expect(await ann.texts()).toContain('number 0')
  })
  expect(await ann.page.locator('article').count()).toBeLessThanOrEqual(150)
  await ann.page.getByRole('button', { name: 'Jump to the latest' }).click()
  await eventually(async () => expect((await ann.texts()).at(-1)).toBe(`number ${count - 1}`))

  await ann.page.keyboard.press('Control+k')
  await ann.page.getByLabel('Search chats and messages').last().fill('PLUM')
  await ann.page.getByRole('list', { name: 'Messages' }).getByRole('button', { name: 'the plum tree' }).click()
  await eventually(async () => expect(await ann.page.locator('[data-marked]').textContent()).toContain('plum'))
  expect(await ann.page.locator('[data-marked]').isVisible()).toBe(true)
  expect(ann.errors).toEqual([])
  await bob.offline()
})
