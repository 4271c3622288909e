import { createAccountKey, signName } from '@fastchat/crypto'
import { toBase64Url, type User } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import type { Page } from 'playwright-core'
import { afterAll, expect, test } from 'vitest'
import { closeMachines, Machine } from '../cli/machine.ts'
import { LyingServer } from '../support/lying-server.ts'
import { useInstallation } from './installation.ts'

const installation = useInstallation()
const proxies: LyingServer[] = []
afterAll(() => {
  closeMachines()
  for (const proxy of proxies) proxy.stop()
})

/** The panel of a person, opened from the header of their chat. */
async function panelOf(page: Page, name: string) {
  await page.getByRole('heading', { name, level: 2 }).getByRole('button').click()
  return page.getByRole('dialog', { name: `About ${name}` })
}

const numberIn = async (panel: ReturnType<Page['getByRole']>): Promise<string> =>
  (await panel.getByRole('list', { name: 'Safety number' }).getByRole('listitem').allTextContents()).join(' ')

test('both sides have one safety number; a key that changes afterwards stops sending until it is decided', async () => {
  installation.keepPictures()
  const liar = await LyingServer.start(installation.url())
  proxies.push(liar)
  const [ann, carl] = await Promise.all([installation.open('ann', liar.url), Machine.of(installation.url(), 'carl')])
  await ann.signUp()
  await ann.openDirect('carl')
  await ann.write('before')
  const panel = await panelOf(ann.page, 'carl')
  const [{ number } = {}] = (await carl.must('verify', 'ann', '--json')).objects
  expect(await numberIn(panel)).toBe(number)
  await panel.getByRole('img', { name: 'Safety number as a QR code' }).waitFor()

  // Digits that differ in one place verify no one, and the right ones do.
  const wrong = String(number).replace(/^\d/, (digit) => `${9 - Number(digit)}`)
  await panel.getByLabel('The 60 digits that carl sees').fill(wrong)
  await panel.getByRole('button', { name: 'Compare digits' }).click()
  await ann.page.getByText('These digits are not the safety number here').waitFor()
  expect(await ann.page.getByRole('img', { name: 'Verified' }).count()).toBe(0)
  await panel.getByLabel('The 60 digits that carl sees').fill(String(number))
  await panel.getByRole('button', { name: 'Compare digits' }).click()
  await panel.getByRole('img', { name: 'Verified' }).waitFor()
  await panel.getByRole('button', { name: 'Close' }).click()

  // The mark stands beside no other name.
  await Machine.of(installation.url(), 'bea')
  await ann.openDirect('bea')
  expect(await ann.page.locator('main').getByRole('img', { name: 'Verified' }).count()).toBe(0)
  await ann.openChat('carl')
  await ann.page.locator('main').getByRole('img', { name: 'Verified' }).waitFor()

  // The server shows its own key for carl.
  const { accountPrivate, accountKey } = createAccountKey()
  const forged = (user: User): User =>
    user.username === 'carl'
      ? { ...user, accountKey: toBase64Url(accountKey), nameSig: toBase64Url(signName(accountPrivate, user)) }
      : user
  liar.lie = (answer, asked) => {
    const body = answer.body as { users?: User[] }
    if (asked.startsWith('GET /v1/users/')) return { ...answer, body: forged(answer.body as User) }
    return body?.users ? { ...answer, body: { ...body, users: body.users.map(forged) } } : answer
  }
  await panelOf(ann.page, 'carl')
  await panel.getByText('The server shows another key for carl').waitFor()
  const other = panel.getByRole('list', { name: 'The number with the other key' })
  const shown = ((await other.textContent()) ?? '').replace(/\D/g, '')
  expect(shown).toMatch(/^\d{60}$/)
  expect(shown).not.toBe(String(number).replace(/\D/g, ''))
  await panel.getByRole('button', { name: 'Close' }).click()

  // The problem stands in the bar and in the chat, and nothing can be sent.
  const bar = ann.page.getByRole('list', { name: 'What needs your attention' })
  await bar.getByText('The server shows another key for carl than the one known here.').waitFor()
  await ann.page.locator('main p').getByText('The server shows another key for carl than').first().waitFor()
  await ann.page.getByText('Sending is paused: you have verified carl').waitFor()
  expect(await ann.page.getByLabel('Write a message').count()).toBe(0)
  await bar.getByRole('button', { name: 'Close' }).first().click()

  // The known key is verified again: sending goes on, to the right person.
  await ann.page.getByRole('button', { name: 'Verify again' }).click()
  await panel.getByRole('button', { name: 'Keep the known key' }).click()
  await panel.getByRole('button', { name: 'Close' }).click()
  await ann.write('the known key is right')
  await eventually(async () => expect(await carl.texts('@ann')).toEqual(['before', 'the known key is right']))

  // Without the mark the other key is told again, calmly, and it can be taken.
  await panelOf(ann.page, 'carl')
  await panel.getByRole('button', { name: 'Take the mark back' }).click()
  await panel.getByRole('button', { name: 'Close' }).click()
  await ann.page.getByText('Messages still go to the known one.').waitFor()
  expect(await ann.page.getByLabel('Write a message').count()).toBe(1)
  await ann.page.getByRole('button', { name: 'Compare numbers' }).click()
  await panel.getByRole('button', { name: 'Take the new key' }).click()
  await eventually(async () => expect((await numberIn(panel)).replace(/\D/g, '')).toBe(shown))
  expect(ann.errors).toEqual([])
})

test('a stranger waits as a request; a blocked one is gone, and an accepted one shows name and picture', async () => {
  installation.keepPictures()
  const [dora, emil] = await Promise.all([installation.open('dora'), installation.open('emil')])
  await Promise.all([dora.signUp(), emil.signUp()])
  const gus = await Machine.of(installation.url(), 'gus')
  await gus.must('send', 'dora', 'buy this')
  const requests = dora.page.getByRole('list', { name: 'Requests' })
  await requests.getByRole('button', { name: 'gus' }).click()
  await dora.page.getByText('gus wants to write to you. They do not see').waitFor()
  await dora.page.getByRole('button', { name: 'Block gus' }).click()
  await eventually(async () => expect(await requests.count()).toBe(0))

  // A picture of one colour and a name, set before the first message.
  await emil.page.getByRole('button', { name: 'emil' }).click()
  const profile = emil.page.getByRole('dialog', { name: 'Your profile' })
  await profile.getByLabel('Name that others see').fill('Emil Erikson')
  await profile.getByRole('button', { name: 'Save' }).click()
  await profile.locator('input[type=file]').setInputFiles({
    name: 'me.png',
    mimeType: 'image/png',
    buffer: await paint(emil.page, { width: 300, height: 200 }),
  })
  await profile.getByRole('button', { name: 'Remove the picture' }).waitFor()
  await profile.getByRole('button', { name: 'Close' }).click()
  await emil.openDirect('dora')
  await emil.write('hello')

  await requests.getByRole('button', { name: 'emil' }).click()
  await dora.page.getByRole('button', { name: 'Accept' }).click()
  const row = dora.page.getByRole('list', { name: 'Your chats' }).getByRole('button', { name: 'Emil Erikson @emil' })
  await row.waitFor()
  expect(await middlePixel(dora.page, await row.locator('img').getAttribute('src'))).toEqual('green')

  // The dot of presence is there while emil is, in the list and in the header.
  await row.getByRole('img', { name: 'online' }).waitFor()
  await dora.page.locator('main header').getByText('online').waitFor()

  // A removed chat is back within ten seconds when that is asked for.
  const panel = await panelOf(dora.page, 'emil')
  await panel.getByRole('button', { name: 'Remove chat' }).click()
  await eventually(async () => expect(await row.count()).toBe(0))
  await dora.page.getByRole('button', { name: 'Undo' }).click()
  await row.waitFor()
  await dora.page.getByText('hello').last().waitFor()
  expect([dora.errors, emil.errors]).toEqual([[], []])
})

test('a group has a picture, rules and bans, and each change is a line in words', async () => {
  installation.keepPictures()
  const [hal, ida] = await Promise.all([installation.open('hal'), installation.open('ida')])
  await Promise.all([hal.signUp(), ida.signUp()])
  const jan = await Machine.of(installation.url(), 'jan')
  const { page } = hal
  await page.getByRole('button', { name: 'New chat' }).click()
  await page.getByLabel('New group').check()
  await page.getByLabel('Name of the group').fill('Club')
  await page.getByLabel('Find people by name').fill('ida')
  await page.getByRole('list', { name: 'People' }).getByRole('button', { name: 'ida' }).click()
  await page.getByRole('button', { name: 'Create group with 1 person' }).click()
  await page.getByRole('heading', { name: 'Club', level: 2 }).waitFor()
  await hal.write('the first rule')
  await ida.page.getByRole('list', { name: 'Requests' }).getByRole('button', { name: 'Club' }).click()
  await ida.page.getByText('hal has added you to this group.').waitFor()
  await ida.page.getByRole('button', { name: 'Accept' }).click()

  await page.getByRole('button', { name: 'About this group' }).click()
  const panel = page.getByRole('dialog', { name: 'Club' })
  await panel.locator('input[type=file]').setInputFiles({
    name: 'club.png',
    mimeType: 'image/png',
    buffer: await paint(page, { width: 200, height: 200 }),
  })
  const row = ida.page.getByRole('list', { name: 'Your chats' }).getByRole('button', { name: 'Club' })
  await row.locator('img').waitFor()
  expect(await middlePixel(ida.page, await row.locator('img').getAttribute('src'))).toEqual('green')
  await ida.page.locator('main').getByText('hal changed the picture').waitFor()

  await panel.getByLabel('Who may write').selectOption('Only admins')
  await ida.page.getByText('Only admins write in this group.').waitFor()
  await ida.page.locator('main').getByText('hal decided: only admins may write').waitFor()
  expect(await ida.page.getByLabel('Write a message').count()).toBe(0)

  // A new member gets the last messages, and a banned one cannot come back until the ban is lifted.
  await panel.getByRole('button', { name: 'Add people' }).click()
  await panel.getByLabel('Show new people the last messages').selectOption('The last 25')
  await panel.getByLabel('Find people by name').fill('jan')
  await panel.getByRole('list', { name: 'People' }).getByRole('button', { name: 'jan' }).click()
  await ida.page.locator('main').getByText('hal shared the last message with jan').waitFor()
  expect((await jan.must('history', '#Club')).out).toContain('the first rule')
  await panel.getByLabel('What to do about jan').click()
  await panel.getByRole('button', { name: 'Ban from the group' }).click()
  await ida.page.locator('main').getByText('hal banned jan').waitFor()
  await panel.getByRole('list', { name: 'Banned' }).getByRole('button', { name: 'Lift the ban' }).click()
  await ida.page.locator('main').getByText('hal lifted the ban of jan').waitFor()
  expect([hal.errors, ida.errors]).toEqual([[], []])
})

/** Returns a picture of one green, as a PNG. */
async function paint(page: Page, size: { readonly width: number; readonly height: number }): Promise<Buffer> {
  const bytes = await page.evaluate(async ({ width, height }) => {
    const canvas = new OffscreenCanvas(width, height)
    const context = canvas.getContext('2d')
    if (context) context.fillStyle = 'rgb(0, 160, 60)'
    context?.fillRect(0, 0, width, height)
    return [...new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer())]
  }, size)
  return Buffer.from(bytes)
}

/** Returns the colour in the middle of a square picture of the page. */
async function middlePixel(page: Page, src: string | null): Promise<string> {
  return await page.evaluate(async (url) => {
    const image = new Image()
    image.src = url ?? ''
    await image.decode()
    const canvas = new OffscreenCanvas(1, 1)
    const context = canvas.getContext('2d')
    context?.drawImage(image, 0, 0, 1, 1)
    const [red = 0, green = 0, blue = 0] = context?.getImageData(0, 0, 1, 1).data ?? []
    if (image.naturalWidth !== image.naturalHeight) return 'not square'
    return red < 30 && green > 130 && green < 190 && blue > 30 && blue < 90 ? 'green' : `${red} ${green} ${blue}`
  }, src)
}
