import { eventually } from '@fastchat/testkit'
import { beforeAll, expect, test } from 'vitest'
import { setupMs, useInstallation } from './installation.ts'
import type { WebPerson } from './web-browser.ts'

const installation = useInstallation()
let ann: WebPerson
let ben: WebPerson
beforeAll(async () => {
  ;[ann, ben] = await Promise.all([installation.open('ann'), installation.open('ben')])
  await Promise.all([ann.signUp(), ben.signUp()])
  await ann.openDirect('ben')
  await ann.write('first')
  await eventually(() => ben.openChat('ann'))
  await ben.page.getByRole('button', { name: 'Accept' }).click()
}, setupMs)

const line = (person: WebPerson, text: string) => person.page.locator('article').filter({ hasText: text }).last()

test('a message is answered, edited, gets reactions, and is deleted', async () => {
  installation.keepPictures()
  await eventually(async () => expect(await ben.texts()).toEqual(['first']))
  await line(ben, 'first').hover()
  await line(ben, 'first').getByRole('button', { name: 'React with ❤️' }).click()
  await eventually(async () =>
    expect(await line(ann, 'first').getByTitle('❤️ from ben').getAttribute('aria-pressed')).toBe('false'),
  )
  await line(ben, 'first').hover()
  await line(ben, 'first').getByRole('button', { name: 'Reply' }).click()
  await ben.write('an answer')
  await eventually(async () =>
    expect(await line(ann, 'an answer').locator('blockquote').textContent()).toBe('ann: first'),
  )

  // The arrow takes the last own message into the box, and Escape leaves it as it is.
  const box = ben.page.getByLabel('Write a message')
  await box.press('ArrowUp')
  await eventually(async () => expect(await box.inputValue()).toBe('an answer'))
  await box.press('Escape')
  expect(await box.inputValue()).toBe('')
  await box.press('ArrowUp')
  await eventually(async () => expect(await box.inputValue()).toBe('an answer'))
  await ben.write('a better answer')
  await eventually(async () => expect(await line(ann, 'a better answer').textContent()).toContain('edited'))

  await line(ben, 'a better answer').click({ button: 'right' })
  await ben.page.getByRole('menuitem', { name: 'Delete' }).click()
  await ben.page.getByRole('button', { name: 'For everyone' }).click()
  await eventually(async () => expect((await ann.texts()).at(-1)).toBe('Message deleted'))
  await line(ann, 'first').hover()
  await line(ann, 'first').getByRole('button', { name: 'More' }).click()
  await ann.page.getByRole('menuitem', { name: 'Delete' }).click()
  await ann.page.getByRole('button', { name: 'For me only' }).click()
  await eventually(async () => expect(await ann.texts()).toEqual(['Message deleted']))
  expect(await ben.texts()).toEqual(['first', 'Message deleted'])
  expect([ann.errors, ben.errors]).toEqual([[], []])
})

test('a person sees that another is typing, and that it ends', async () => {
  installation.keepPictures()
  await ben.page.getByLabel('Write a message').pressSequentially('hm')
  await eventually(async () => expect(await ann.page.getByText('ben is typing …').count()).toBe(1))
  await ben.page.getByLabel('Write a message').press('Enter')
  await eventually(async () => expect(await ann.page.getByText('ben is typing …').count()).toBe(0))
  await eventually(async () => expect((await ann.texts()).at(-1)).toBe('hm'))
})
