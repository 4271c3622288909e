import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { maxFileBytes } from '@fastchat/client'
import { eventually } from '@fastchat/testkit'
import sharp from 'sharp'
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
  await ann.write('files follow')
  await eventually(() => ben.openChat('ann'))
  await ben.page.getByRole('button', { name: 'Accept' }).click()
}, setupMs)

/** Returns the bytes of the file that an action saves. */
async function savedBytes({ page }: WebPerson, action: () => Promise<void>): Promise<Buffer> {
  const [download] = await Promise.all([page.waitForEvent('download'), action()])
  const chunks: Buffer[] = []
  for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

const chooser = (person: WebPerson) => person.page.locator('input[type=file]')

test('a picture arrives upright and without its hidden words, and is shown in full size', async () => {
  installation.keepPictures()
  const half = { width: 40, height: 60, channels: 3, background: '#c00000' } as const
  // The camera lay on its side: the left half of the stored picture is shown at the top.
  const buffer = await sharp({ create: { ...half, width: 80, background: '#0000c0' } })
    .composite([{ input: await sharp({ create: half }).png().toBuffer(), left: 0, top: 0 }])
    .jpeg({ quality: 95 })
    .withExif({ IFD0: { Make: 'planted camera' }, IFD3: { GPSLatitude: '51/1 30/1 0/1' } })
    .withMetadata({ orientation: 6 })
    .toBuffer()
  await chooser(ann).setInputFiles([{ name: 'photo.jpg', mimeType: 'image/jpeg', buffer }])
  await ann.write('from the sea')
  await eventually(async () => expect((await ben.texts()).at(-1)).toContain('from the sea'))
  const shown = ben.page.getByRole('button', { name: 'Show photo.jpg' })
  await eventually(async () => expect(await shown.locator('img:not([class*=blurred])').count()).toBe(1))
  const seen = await ben.page.evaluate(() => {
    const image = [...document.querySelectorAll('article img')].at(-1) as HTMLImageElement
    const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight)
    const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D
    context.drawImage(image, 0, 0)
    const at = (x: number, y: number) => [...context.getImageData(x, y, 1, 1).data.slice(0, 3)]
    return { size: [canvas.width, canvas.height], top: at(30, 10), bottom: at(30, 70) }
  })
  expect(seen.size).toEqual([60, 80])
  expect(seen.top[0]).toBeGreaterThan(150)
  expect(seen.bottom[2]).toBeGreaterThan(150)
  await shown.click()
  const viewer = ben.page.getByRole('dialog', { name: 'Show photo.jpg' })
  await viewer.locator('img').waitFor()
  const saved = await savedBytes(ben, () => viewer.getByRole('button', { name: 'Save' }).click())
  expect((await sharp(saved).metadata()).exif).toBeUndefined()
  expect(saved.includes('planted camera')).toBe(false)
  await ben.page.keyboard.press('Escape')
  await viewer.waitFor({ state: 'hidden' })
  expect([ann.errors, ben.errors]).toEqual([[], []])
})

test('a file of any kind is saved with the bytes that were sent', async () => {
  installation.keepPictures()
  const buffer = Buffer.from('<script>alert(1)</script>'.repeat(2000))
  await chooser(ben).setInputFiles([{ name: 'a <b>.html', mimeType: 'text/html', buffer }])
  await ben.page.getByRole('button', { name: 'Send', exact: true }).click()
  const save = ann.page.locator('article').last().getByRole('button', { name: 'Save' })
  await eventually(async () => expect(await save.count()).toBe(1))
  expect((await savedBytes(ann, () => save.click())).equals(buffer)).toBe(true)
  expect([ann.errors, ben.errors]).toEqual([[], []])
})

test('several pictures go at once with a caption, and their place is told before originals leave', async () => {
  installation.keepPictures()
  const picture = (background: string) =>
    sharp({ create: { width: 64, height: 48, channels: 3, background } })
      .withExif({ IFD0: { Make: 'planted camera' } })
      .jpeg()
      .toBuffer()
  const files = await Promise.all(
    ['red', 'green'].map(async (name) => ({
      name: `${name}.jpg`,
      mimeType: 'image/jpeg',
      buffer: await picture(name),
    })),
  )
  // The bytes of the pictures are held back, so that only the previews are there at first.
  const gate = Promise.withResolvers<void>()
  await ben.context.route(/\/attachments\//, async (route) => {
    if (route.request().method() === 'GET') await gate.promise
    await route.continue()
  })
  await chooser(ann).setInputFiles(files)
  await ann.page.getByRole('button', { name: 'How to send the pictures' }).click()
  await ann.page.getByRole('menuitemradio', { name: 'Send original (keeps metadata)' }).click()
  await ann.page.getByText('Originals are sent.').waitFor()
  await ann.write('two of them')
  const shown = (name: string) => ben.page.getByRole('button', { name: `Show ${name}.jpg` })
  await eventually(async () => {
    for (const name of ['red', 'green']) expect(await shown(name).locator('img[class*=blurred]').count()).toBe(1)
  })
  gate.resolve()
  await ben.context.unrouteAll({ behavior: 'wait' })
  await eventually(async () => expect(await shown('green').locator('img:not([class*=blurred])').count()).toBe(1))

  await shown('red').click()
  const viewer = (name: string) => ben.page.getByRole('dialog', { name: `Show ${name}.jpg` })
  await viewer('red').waitFor()
  await ben.page.keyboard.press('ArrowRight')
  await viewer('green').locator('img').waitFor()
  const saved = await savedBytes(ben, () => ben.page.keyboard.press('s'))
  expect(saved.equals(files[1]?.buffer ?? Buffer.alloc(0))).toBe(true)
  await ben.page.keyboard.press('Escape')
  expect([ann.errors, ben.errors]).toEqual([[], []])
})

test('limits are told before anything is sent, and so is what cannot be cleaned', async () => {
  installation.keepPictures()
  const folder = await mkdtemp(join(tmpdir(), 'fastchat-files-'))
  const large = join(folder, 'large.bin')
  await writeFile(large, '')
  await truncate(large, maxFileBytes + 1)
  await chooser(ann).setInputFiles(large)
  await ann.page.getByText(/large\.bin is too large\. At most .* can be sent\./).waitFor()
  expect(await ann.page.getByRole('button', { name: 'Send', exact: true }).isDisabled()).toBe(true)
  // This browser cannot draw it, whatever it holds.
  const buffer = Buffer.from('a picture of a phone, with its place')
  await chooser(ann).setInputFiles([{ name: 'phone.heic', mimeType: 'image/heic', buffer }])
  await ann.page.getByText('This browser cannot show it.').waitFor()
  await ann.page.getByRole('button', { name: 'Remove phone.heic' }).click()
  await rm(folder, { recursive: true })
  expect(ann.errors).toEqual([])
})

test('a file shows its progress, is cancelled, and is sent again after the server has refused it', async () => {
  installation.keepPictures()
  const buffer = await sharp({ create: { width: 50, height: 50, channels: 3, background: 'blue' } })
    .png()
    .toBuffer()
  const last = ann.page.locator('article').last()
  const count = await ann.page.locator('article').count()
  const gate = Promise.withResolvers<void>()
  await ann.context.route(/\/attachments\//, async (route) => {
    if (route.request().method() === 'PUT') await gate.promise
    await route.continue().catch(() => {})
  })
  await chooser(ann).setInputFiles([{ name: 'blue.png', mimeType: 'image/png', buffer }])
  await ann.write('held back')
  await last.getByRole('progressbar', { name: 'Sending blue.png' }).waitFor()
  expect(await last.locator('img:not([class*=blurred])').count()).toBe(1)
  await last.getByRole('button', { name: 'Cancel' }).click()
  await eventually(async () => expect(await ann.page.locator('article').count()).toBe(count))
  gate.resolve()
  await ann.context.unrouteAll({ behavior: 'wait' })

  const refusal = { error: { code: 'quota_exceeded', message: 'No room', requestId: 'a' } }
  await ann.context.route(/\/attachments\//, async (route) => {
    if (route.request().method() === 'PUT') await route.fulfill({ status: 403, json: refusal })
    else await route.continue()
  })
  await chooser(ann).setInputFiles([{ name: 'blue.png', mimeType: 'image/png', buffer }])
  await ann.write('at the second try')
  await last.getByRole('button', { name: 'Send again' }).waitFor()
  await ann.context.unrouteAll({ behavior: 'wait' })
  await last.getByRole('button', { name: 'Send again' }).click()
  await eventually(async () => expect((await ben.texts()).at(-1)).toContain('at the second try'))
  expect(await ben.texts()).not.toContain('held back')
})
