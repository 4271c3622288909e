import { eventually } from '@fastchat/testkit'
import type { CDPSession } from 'playwright-core'
import { expect, test } from 'vitest'
import { useInstallation } from './installation.ts'
import type { WebPerson } from './web-browser.ts'

const installation = useInstallation()

/** Returns the titles and chats of the notices that the service worker shows. */
const notices = async ({ page }: WebPerson) =>
  await page.evaluate(async () => {
    const shown = (await (await navigator.serviceWorker.ready).getNotifications()) ?? []
    return shown.map(({ title, body, tag }) => ({ title, body, kind: tag.split(' ')[0] }))
  })

/** Delivers a push without content to the service worker, as the browser's push service would. */
async function push(session: CDPSession, origin: string): Promise<void> {
  const registrationId = await new Promise<string>((resolve) => {
    session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const [first] = registrations
      if (first) resolve(first.registrationId)
    })
    void session.send('ServiceWorker.enable')
  })
  await session.send('ServiceWorker.deliverPushMessage', { origin, registrationId, data: '' })
}

test('a push says "New message" and no more, also without a network, and the page opens from its cache', async () => {
  installation.keepPictures()
  const ann = await installation.open('ann')
  const origin = new URL(installation.url()).origin
  await ann.context.grantPermissions(['notifications'], { origin })
  await ann.signUp()
  await eventually(async () =>
    expect(await ann.page.evaluate(() => navigator.serviceWorker.controller?.state)).toBe('activated'),
  )
  await ann.context.setOffline(true)
  await ann.page.reload()
  await ann.page.getByRole('navigation', { name: 'Chats' }).waitFor()
  const away = await ann.context.newPage()
  await away.bringToFront()
  const session = await ann.context.newCDPSession(ann.page)
  await ann.page.goto('about:blank')
  await push(session, origin)
  await ann.context.setOffline(false)
  await ann.page.goto(installation.url())
  await eventually(async () => expect(await notices(ann)).toEqual([{ title: 'New message', body: '', kind: 'push' }]))
})
