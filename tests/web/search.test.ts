import { eventually } from '@fastchat/testkit'
import type { Locator } from 'playwright-core'
import { expect, test } from 'vitest'
import { Person } from '../support/person.ts'
import { useInstallation } from './installation.ts'

const count = 220
const installation = useInstallation()

/**
 * Scrolls in steps until a text is shown. Returns the most pixels by which a line on the screen
 * moved while others were added or taken away.
 */
async function scrollThrough(timeline: Locator, step: number, text: string): Promise<number> {
  return await timeline.evaluate(
    async (box, { by, until }) => {
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
      const lines = () => [...box.querySelectorAll('article')]
      const top = (line: Element) => line.getBoundingClientRect().top
      const isThere = () => lines().some((line) => line.querySelector('[class*=text]')?.textContent === until)
      let most = 0
      for (let rounds = 0; rounds < 2_000 && !isThere(); rounds++) {
        box.scrollTop += by
        const edge = box.getBoundingClientRect().top
        const anchor = lines().find((line) => top(line) > edge + 100)
        const before = anchor && top(anchor)
        const room = by < 0 ? () => box.scrollTop : () => box.scrollHeight - box.scrollTop - box.clientHeight
        for (let frames = 0; frames < 600 && (frames < 3 || room() < 500) && !isThere(); frames++) await frame()
        if (anchor?.isConnected && before !== undefined) most = Math.max(most, Math.abs(top(anchor) - before))
      }
      return isThere() ? most : Number.POSITIVE_INFINITY
    },
    { by: step, until: text },
  )
}

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
  expect(await scrollThrough(timeline, -400, 'number 0')).toBeLessThanOrEqual(2)
  expect(await ann.page.locator('article').count()).toBeLessThanOrEqual(150)
  expect(await scrollThrough(timeline, 400, `number ${count - 1}`)).toBeLessThanOrEqual(2)
  expect(await ann.page.locator('article').count()).toBeLessThanOrEqual(150)
  await timeline.evaluate((box) => {
    box.scrollTop -= 2_000
  })
  await ann.page.getByRole('button', { name: 'Jump to the latest' }).click()
  await eventually(async () => expect((await ann.texts()).at(-1)).toBe(`number ${count - 1}`))

  await ann.page.keyboard.press('Control+k')
  await ann.page.getByLabel('Search chats and messages').last().fill('PLUM')
  await ann.page.getByRole('list', { name: 'Messages' }).getByRole('button', { name: 'the plum tree' }).click()
  await eventually(async () => expect(await ann.page.locator('[data-marked]').textContent()).toContain('plum'))
  expect(await ann.page.locator('[data-marked]').isVisible()).toBe(true)

  await ann.page.keyboard.press('Control+f')
  const search = ann.page.getByRole('dialog', { name: 'Search in bob' })
  await search.getByLabel('Search in bob').fill('number 7')
  await eventually(async () => expect(await search.locator('mark').allTextContents()).toContain('7'))
  expect(await search.textContent()).toMatch(/Searched on this device since .*20\d\d/)
  await search.getByLabel('Search in bob').press('Escape')
  await search.waitFor({ state: 'hidden' })
  expect(ann.errors).toEqual([])
  await bob.offline()
})
