import { readFile } from 'node:fs/promises'
import { eventually } from '@fastchat/testkit'
import { strFromU8, unzipSync } from 'fflate'
import type { Locator } from 'playwright-core'
import { expect, test } from 'vitest'
import { Person, password } from '../support/person.ts'
import { useInstallation } from './installation.ts'
import type { WebPerson } from './web-browser.ts'

const installation = useInstallation()
const other = 'another good password'

/** Opens a section of the settings page. */
async function settings({ page }: WebPerson, section: string): Promise<Locator> {
  const dialog = page.getByRole('dialog', { name: 'Settings' })
  if ((await dialog.count()) === 0) await page.getByRole('button', { name: 'Settings' }).click()
  await dialog.getByRole('navigation').getByRole('button', { name: section }).click()
  await dialog.getByRole('heading', { name: section, level: 3 }).waitFor()
  return dialog
}

const close = async (dialog: Locator) => await dialog.getByRole('button', { name: 'Close' }).click()

test('a recovery key that was put off is made later, checked, and opens the account', async () => {
  installation.keepPictures()
  const [ann, ben] = await Promise.all([installation.open('ann'), installation.open('ben')])
  await ben.signUp()
  const { page } = ann
  await page.getByLabel('Name').fill('ben')
  await page.getByText('This name is taken').waitFor()
  await page.getByLabel('Name').fill('ann')
  await page.getByText('This name is free').waitFor()
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Create account' }).click()
  const former = (await page.locator('output').textContent()) ?? ''
  await page.getByRole('button', { name: 'Later' }).click()
  await page.getByText('You have not kept a recovery key').waitFor()

  // Logging out now would risk the account.
  const dialog = await settings(ann, 'Account')
  await dialog.getByRole('button', { name: 'Log out', exact: true }).click()
  await dialog.getByText('This is your only device').waitFor()
  await dialog.getByRole('button', { name: 'Cancel' }).click()

  await dialog.getByRole('button', { name: 'Make a new key' }).click()
  await dialog.getByLabel('Your password').fill('not my password')
  await dialog.getByRole('button', { name: 'Make key' }).click()
  await dialog.getByText('This is not your password').waitFor()
  await dialog.getByLabel('Your password').fill(password)
  await dialog.getByRole('button', { name: 'Make key' }).click()
  const key = (await dialog.locator('output').textContent()) ?? ''
  await dialog.getByRole('button', { name: 'I have kept it' }).click()
  await page.getByText('You have not kept a recovery key').waitFor({ state: 'detached' })
  await dialog.getByRole('button', { name: 'Check a key' }).click()
  await dialog.getByLabel('The key that you have kept').fill(former)
  await dialog.getByRole('button', { name: 'Check', exact: true }).click()
  await dialog.getByText('This key does not open your account').waitFor()
  await dialog.getByLabel('The key that you have kept').fill(key)
  await dialog.getByRole('button', { name: 'Check', exact: true }).click()
  await dialog.getByText('This key is the right one').waitFor()
  await close(dialog)
  await ann.openDirect('ben')
  await ann.write('before the loss')
  await page.locator('[data-state="stored"]').waitFor()

  // The password is lost. The other browser needs the key only, and this one goes on.
  const lost = await installation.open('ann')
  await lost.page.getByRole('button', { name: 'I have an account' }).click()
  await lost.page.getByRole('button', { name: 'Forgot your password?' }).click()
  await lost.page.getByLabel('Name').fill('ann')
  await lost.page.getByLabel('Recovery key').fill(former)
  await lost.page.getByLabel('New password').fill(other)
  await lost.page.getByRole('button', { name: 'Set password and log in' }).click()
  await lost.page.getByText('The name or the recovery key is wrong').waitFor()
  await lost.page.getByLabel('Recovery key').fill(key)
  await lost.page.getByRole('button', { name: 'Set password and log in' }).click()
  await eventually(() => lost.openChat('ben'))
  await eventually(async () => expect(await lost.texts()).toEqual(['before the loss']))

  // The person at this browser is told of both, and looks at them.
  await page.getByText('Your password was reset with the recovery key').waitFor()
  await page.getByRole('button', { name: 'It was me' }).click()
  await page.getByText('Your password was reset').waitFor({ state: 'detached' })
  const problems = [ann.errors, lost.errors].map((errors) => errors.filter((error) => !/40[019]/.test(error)))
  expect([...problems, ben.errors]).toEqual([[], [], []])
})

test('a new password ends other sessions, and a removed device says what to do', async () => {
  installation.keepPictures()
  const [cat, dan] = await Promise.all([installation.open('cat'), installation.open('dan')])
  await Promise.all([cat.signUp(), dan.signUp()])
  await cat.openDirect('dan')
  await cat.write('one')
  await cat.page.locator('[data-state="stored"]').waitFor()
  const second = await installation.open('cat')
  await second.logIn()
  await eventually(() => second.openChat('dan'))
  await cat.page.getByText('New sign-in: Chrome on Linux').waitFor()

  const dialog = await settings(cat, 'Account')
  await dialog.getByRole('button', { name: 'Change password' }).click()
  await dialog.getByLabel('Old password').fill(password)
  await dialog.getByLabel('New password').fill(other)
  await dialog.getByLabel('Log out my other devices').check()
  await dialog.getByRole('button', { name: 'Change password' }).click()
  await dialog.getByText('All other devices are logged out').waitFor()

  const notice = second.page.getByRole('alert').filter({ hasText: 'This device was signed out.' })
  await notice.getByText('Nothing is lost').waitFor()
  await notice.getByLabel('Your password').fill(password)
  await notice.getByRole('button', { name: 'Log in again' }).click()
  await notice.getByText('This is not your password').waitFor()
  await notice.getByLabel('Your password').fill(other)
  await notice.getByRole('button', { name: 'Log in again' }).click()
  await notice.waitFor({ state: 'detached' })
  await second.write('two')
  await eventually(async () => expect(await cat.texts()).toEqual(['one', 'two']))

  await settings(cat, 'Devices')
  const devices = dialog.getByRole('list', { name: 'Your devices' })
  await devices.getByText('This device').waitFor()
  const row = devices.getByRole('listitem').filter({ hasText: 'New sign-in' })
  await row.getByRole('button', { name: 'Rename' }).click()
  await row.getByLabel('New name').fill('The old laptop')
  await row.getByRole('button', { name: 'Save' }).click()
  const laptop = devices.getByRole('listitem').filter({ hasText: 'The old laptop' })
  await laptop.getByRole('button', { name: 'Remove' }).click()
  await laptop.getByText('Removed devices cannot read new messages').waitFor()
  await laptop.getByLabel('Your password').fill(other)
  await laptop.getByRole('button', { name: 'Remove The old laptop?' }).click()
  await laptop.waitFor({ state: 'detached' })
  await close(dialog)

  const removed = second.page.getByRole('alert').filter({ hasText: 'This device was removed from your account' })
  await removed.getByText('your history comes back from the backup').waitFor()
  expect(await second.texts()).toEqual(['one', 'two'])
  await removed.getByLabel('Your password').fill(other)
  await removed.getByRole('button', { name: 'Log in again' }).click()
  await removed.waitFor({ state: 'detached' })
  await eventually(() => second.openChat('dan'))
  await eventually(async () => expect(await second.texts()).toEqual(['one', 'two']))
  expect(dan.errors).toEqual([])
})

test('switches reach the other side, and the look of the page stays', async () => {
  installation.keepPictures()
  const eve = await installation.open('eve')
  await eve.signUp()
  const fay = await Person.signUp(installation.url(), 'fay')
  const eveToo = await Person.logIn(installation.url(), 'eve')
  await eveToo.client.people.block((await eveToo.client.user('ann')).userId)

  await eve.page.keyboard.press('Control+,')
  const dialog = await settings(eve, 'Privacy')
  await dialog.getByRole('switch', { name: 'Delivered and read marks' }).uncheck()
  await eventually(async () => expect(eveToo.client.signals.privacy.allows('receipts')).toBe(false))
  await dialog.getByRole('button', { name: 'Unblock ann' }).click()
  await dialog.getByText('You have blocked nobody').waitFor()
  await eventually(async () => expect(eveToo.client.people.blocked()).toEqual([]))
  await close(dialog)

  await eve.openDirect('fay')
  await eve.write('hello')
  const [chat] = await eventually(async () => {
    const found = fay.client.conversations()
    expect(found).toHaveLength(1)
    return found
  })
  if (!chat) throw new Error('no chat')
  await fay.client.people.accept(chat.conversation)
  const quiet = await fay.send(chat.conversation, 'is it read?')
  await eventually(async () => expect(await eve.texts()).toEqual(['hello', 'is it read?']))
  await settings(eve, 'Privacy')
  await dialog.getByRole('switch', { name: 'Delivered and read marks' }).check()
  await close(dialog)
  const seq = await fay.send(chat.conversation, 'and now?')
  await eventually(async () => expect(fay.client.signals.receipts.stateAt(chat.conversation, seq)).toBe('read'))
  expect(quiet).toBeLessThan(seq)

  await settings(eve, 'Language and appearance')
  await dialog.getByLabel('Dark').check()
  await dialog.getByLabel('Deutsch').check()
  await eve.page.getByRole('dialog', { name: 'Einstellungen' }).getByText('Wie das System').waitFor()
  await eve.page.reload()
  await eve.page.getByRole('button', { name: 'Einstellungen' }).waitFor()
  expect(await eve.page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(21, 23, 28)')
  expect(eve.errors).toEqual([])
  await Promise.all([fay.offline(), eveToo.offline()])
})

test('everything is exported as one file, and a deleted account leaves nothing', async () => {
  installation.keepPictures()
  const gus = await installation.open('gus')
  await gus.signUp()
  const hal = await Person.signUp(installation.url(), 'hal')
  const { id: group } = await hal.client.createGroup('Trip', [(await hal.client.user('gus')).userId])
  await hal.send(group, 'see you in Rome')
  await eventually(() => gus.openChat('Trip'))
  await gus.page.getByRole('button', { name: 'Accept' }).click()
  await gus.write('with pleasure')
  await gus.page.locator('[data-state]').last().waitFor()
  await gus.page.setInputFiles('input[type=file]', {
    ...{ name: 'plan.txt', mimeType: 'text/plain' },
    buffer: Buffer.from('day one'),
  })
  await gus.page.getByRole('button', { name: 'Send' }).click()
  await hal.sees('with pleasure')
  await eventually(async () => expect(hal.shown.some(({ payload }) => payload?.kind === 'file')).toBe(true))

  const dialog = await settings(gus, 'History and storage')
  await dialog.getByRole('button', { name: 'Back up now' }).click()
  await dialog.getByText('Everything is backed up').waitFor()
  await dialog.getByText(/FastChat uses .* here/).waitFor()
  const saved = gus.page.waitForEvent('download')
  await dialog.getByRole('button', { name: 'Export everything' }).click()
  const files = unzipSync(await readFile(await (await saved).path()))
  const named = (end: string) =>
    strFromU8(Object.entries(files).find(([name]) => name.endsWith(end))?.[1] ?? new Uint8Array())
  expect(named('messages.jsonl')).toContain('see you in Rome')
  expect(named('messages.jsonl')).toContain('with pleasure')
  expect(named('plan.txt')).toBe('day one')
  expect(JSON.parse(named('account.json'))).toMatchObject({ username: 'gus' })
  expect(JSON.parse(named('settings.json'))).toMatchObject({ receipts: true })
  await dialog.getByRole('switch', { name: 'Keep a backup' }).uncheck()
  await dialog.getByText('The backup is off').waitFor()

  await settings(gus, 'Account')
  await dialog.getByRole('button', { name: 'Delete my account' }).click()
  await dialog.getByText('You leave the group Trip.').waitFor()
  const remove = dialog.getByRole('button', { name: 'Delete account for ever' })
  await dialog.getByLabel('Your password').fill(password)
  expect(await remove.isDisabled()).toBe(true)
  await dialog.getByLabel('Type your name').fill('gus')
  await remove.click()
  await gus.page.getByText('Your account is deleted').waitFor()
  await hal.send(group, 'who is still here?')
  await eventually(async () => expect(hal.client.conversation(group).record.members).toHaveLength(1))
  await gus.page.reload()
  await gus.page.getByRole('button', { name: 'I have an account' }).click()
  await gus.page.getByLabel('Name').fill('gus')
  await gus.page.getByLabel('Password').fill(password)
  await gus.page.getByRole('button', { name: 'Log in' }).click()
  await gus.page.getByText('Name or password is wrong').waitFor()
  await hal.offline()
})
