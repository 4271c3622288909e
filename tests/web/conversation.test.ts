import type { ConversationId, MessageId } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { beforeAll, expect, test } from 'vitest'
import { Person } from '../support/person.ts'
import { setupMs, useInstallation } from './installation.ts'
import type { WebPerson } from './web-browser.ts'

const installation = useInstallation()
let ann: WebPerson
let bob: Person
let direct: ConversationId
let trip: ConversationId

beforeAll(async () => {
  ann = await installation.open('ann')
  await ann.context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await ann.signUp()
  bob = await Person.signUp(installation.url(), 'bob')
  await ann.openDirect('bob')
  await ann.write('the first one')
  await bob.sees('the first one')
  direct = bob.client.conversations()[0]?.conversation as ConversationId
  await bob.client.people.accept(direct)
  trip = (await bob.client.createGroup('trip', [(await bob.client.user('ann')).userId])).id
}, setupMs)

const line = (text: string) => ann.page.locator('article').filter({ hasText: text }).last()
/** A chat of the list by its title: the last message of another one may have the same name. */
const chat = (name: string) =>
  ann.page.getByRole('navigation').locator('button', { has: ann.page.locator('[class*=title]').getByText(name) })
const box = () => ann.page.getByLabel('Write a message')
const menuItem = (name: string) => ann.page.getByRole('menuitem', { name, exact: true })

async function openChat(name: string): Promise<void> {
  await chat(name).click()
  await ann.page.getByRole('heading', { name, level: 2 }).waitFor()
}

/** Presses a key on the message with a text. */
async function pressOn(text: string, key: string): Promise<void> {
  await line(text).focus()
  await ann.page.keyboard.press(key)
}

/** Returns the entry that bob has of a message with a text. */
async function seenByBob(conversation: ConversationId, text: string) {
  const entries = await bob.client.history(conversation, 50)
  return entries.find(({ payload }) => payload?.kind === 'text' && payload.text === text)
}

test('a message is pinned, forwarded, copied and traced by keys', async () => {
  installation.keepPictures()
  await pressOn('the first one', 'p')
  const pins = ann.page.getByRole('region', { name: 'Pinned' })
  await eventually(async () => expect(await pins.textContent()).toContain('You: the first one'))
  await eventually(async () => expect(await bob.client.messages.pins(direct)).toHaveLength(1))
  await pins.getByRole('button').first().click()
  await eventually(async () => expect(await ann.page.locator('[data-marked]').textContent()).toContain('the first one'))

  await pressOn('the first one', 'f')
  const dialog = ann.page.getByRole('dialog', { name: 'Forward to …' })
  await dialog.getByLabel('trip').check()
  await dialog.getByRole('button', { name: 'Send to 1 chat' }).click()
  await eventually(async () =>
    expect((await seenByBob(trip, 'the first one'))?.payload).toMatchObject({ forwarded: true }),
  )

  await pressOn('the first one', 'c')
  await eventually(async () =>
    expect(await ann.page.evaluate(() => navigator.clipboard.readText())).toBe('the first one'),
  )

  await pressOn('the first one', 'e')
  await eventually(async () => expect(await box().inputValue()).toBe('the first one'))
  await ann.write('the better one')
  await eventually(async () => expect(await seenByBob(direct, 'the better one')).toBeDefined())
  await bob.client.conversation(direct).markRead(bob.client.conversation(direct).record.cursor)
  await line('the better one').getByRole('button', { name: 'edited' }).click()
  const trace = ann.page.getByRole('dialog', { name: 'About this message' })
  await eventually(async () =>
    expect(await trace.locator('ol').textContent()).toMatch(/the first one.*the better one/s),
  )
  await eventually(async () => expect(await trace.locator('dl').textContent()).toBe('Readbob'))
  await trace.getByRole('button', { name: 'Close' }).click()
  expect(ann.errors).toEqual([])
})

test('a message that disappears vanishes from the page at its time', async () => {
  installation.keepPictures()
  await ann.page.getByRole('button', { name: 'More about bob' }).click()
  await menuItem('Disappearing messages').click()
  await ann.page.getByRole('menuitemradio', { name: '30 seconds' }).click()
  await eventually(async () => expect(await bob.client.messages.timer(direct)).toBe(30))
  await ann.page.getByText('You set new messages to disappear after 30 seconds').first().waitFor()
  await ann.write('gone soon')
  await bob.sees('gone soon')
  expect(await line('gone soon').count()).toBe(1)
  await bob.client.messages.setTimer(direct, 0)
  await ann.page.getByText('bob turned disappearing messages off').first().waitFor()
  await ann.write('here to stay')
  await eventually(async () => expect(await line('gone soon').count()).toBe(0), { timeoutMs: 60_000 })
  expect(await line('here to stay').count()).toBe(1)
})

test('names and emoji are completed, and the own name stands out', async () => {
  installation.keepPictures()
  await box().pressSequentially('well :tada: @bo')
  await eventually(async () => expect(await box().inputValue()).toBe('well 🎉 @bo'))
  await ann.page.getByRole('option', { name: '@bob' }).waitFor()
  await box().press('Enter')
  expect(await box().inputValue()).toBe('well 🎉 @bob ')
  await box().press('Enter')
  await eventually(async () =>
    expect((await seenByBob(direct, 'well 🎉 @bob '))?.payload).toMatchObject({ mentions: [bob.id] }),
  )

  await bob.queue(trip, 'nobody is named')
  const id = bob.client.newId() as MessageId
  const payload = bob.client.messages.compose(trip, { text: 'and @ann?' })
  await bob.client.conversation(trip).outbox.queue(id, payload)
  await eventually(async () => expect(await chat('trip').getByLabel('You are mentioned').count()).toBe(1))
  await openChat('trip')
  await eventually(async () => expect(await line('and @ann?').locator('mark').textContent()).toBe('@ann'))
  await eventually(async () => expect(await chat('trip').getByLabel('You are mentioned').count()).toBe(0))

  await line('and @ann?').hover()
  await line('and @ann?').getByRole('button', { name: 'Add a reaction' }).click()
  await ann.page.getByLabel('Search emoji').fill('rocket')
  await ann.page.getByLabel('Search emoji').press('Enter')
  await eventually(async () => expect(await line('and @ann?').getByTitle('🚀 from ann').count()).toBe(1))
  expect(ann.errors).toEqual([])
})

test('a draft survives another chat and a reload', async () => {
  installation.keepPictures()
  await openChat('trip')
  await box().fill('not yet finished')
  await openChat('bob')
  expect(await box().inputValue()).toBe('')
  await eventually(async () => expect(await chat('trip').textContent()).toContain('Draft: not yet finished'))
  await ann.page.reload()
  await openChat('trip')
  await eventually(async () => expect(await box().inputValue()).toBe('not yet finished'))
  await box().press('Enter')
  await bob.sees('not yet finished')
  await ann.page.reload()
  await openChat('trip')
  expect(await box().inputValue()).toBe('')
})

test('a chat is pinned, muted, marked as unread and archived', async () => {
  installation.keepPictures()
  const choose = async (name: string, item: string) => {
    await chat(name).focus()
    await ann.page.keyboard.press('Shift+F10')
    await menuItem(item).click()
  }
  await choose('bob', 'Pin chat')
  await eventually(async () => expect(await chat('bob').getByLabel('Pinned chat').count()).toBe(1))
  await choose('trip', 'Mute for 8 hours')
  await eventually(async () =>
    expect(
      await chat('trip')
        .getByLabel(/^Muted until/)
        .count(),
    ).toBe(1),
  )
  await choose('trip', 'Mark as unread')
  await eventually(async () => expect(await chat('trip').getByLabel('Marked as unread').count()).toBe(1))
  await openChat('bob')
  await openChat('trip')
  await eventually(async () => expect(await chat('trip').getByLabel('Marked as unread').count()).toBe(0))
  await choose('trip', 'Archive')
  const archived = ann.page.getByRole('button', { name: 'Archived (1)' })
  await archived.waitFor()
  expect(await chat('trip').count()).toBe(0)
  await archived.click()
  await choose('trip', 'Take out of the archive')
  await archived.waitFor({ state: 'detached' })
  expect(ann.errors).toEqual([])
})

test('a chat opens at its first unread message, and counts what is new', async () => {
  installation.keepPictures()
  await openChat('bob')
  for (let n = 0; n < 40; n++) await bob.queue(trip, `news ${n}`)
  await eventually(async () => expect(await chat('trip').getByLabel('40 unread messages').count()).toBe(1))
  await openChat('trip')
  const divider = ann.page.getByText('40 new messages')
  await divider.waitFor()
  const place = await divider.evaluate((element) => {
    const box = element.closest('[role=log]')?.getBoundingClientRect()
    return element.getBoundingClientRect().top - (box?.top ?? 0)
  })
  expect(place).toBeGreaterThanOrEqual(-1)
  expect(place).toBeLessThan(60)
  const jump = ann.page.getByRole('button', { name: /^Jump to the latest, \d+ new messages$/ })
  await jump.click()
  await eventually(async () => expect(await line('news 39').isVisible()).toBe(true))
  await jump.waitFor({ state: 'detached' })
  await eventually(async () =>
    expect(
      await chat('trip')
        .getByLabel(/unread/)
        .count(),
    ).toBe(0),
  )
  expect(await divider.count()).toBe(1)
})

test('the keys move among messages, and a sheet shows them all', async () => {
  installation.keepPictures()
  await openChat('bob')
  await box().press('Shift+Tab')
  await line('here to stay').focus()
  const focused = () => ann.page.evaluate(() => document.activeElement?.querySelector('[class*=text]')?.textContent)
  await ann.page.keyboard.press('ArrowUp')
  expect(await focused()).toBe('the better one')
  await ann.page.keyboard.press('ArrowDown')
  expect(await focused()).toBe('here to stay')
  await ann.page.keyboard.press('?')
  await ann.page.getByRole('dialog', { name: 'Keyboard' }).getByText('Search in the open chat').waitFor()
  await ann.page.keyboard.press('Escape')
  await pressOn('here to stay', 'Enter')
  await menuItem('Reply').press('Enter')
  await eventually(async () => expect(await ann.page.getByText('Answer to ann').count()).toBe(1))
  await box().press('Escape')
  expect(await ann.page.getByText('Answer to ann').count()).toBe(0)
  await line('here to stay').locator('[class*=bubble]').dblclick()
  await eventually(async () => expect(await ann.page.getByText('Answer to ann').count()).toBe(1))
  expect(ann.errors).toEqual([])
  await bob.offline()
})
