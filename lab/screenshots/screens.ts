import type { Page } from 'playwright-core'

/** A picture of the page: its name, and the way to it from the list of chats. */
export type Screen = {
  readonly name: string
  /** The picture is taken of a phone. */
  readonly isPhone?: true
  readonly isDark?: true
  readonly show: (page: Page) => Promise<void>
}

const openChat = async (page: Page, name: string) => {
  await page.getByRole('navigation').getByRole('list', { name: 'Your chats' }).getByRole('button', { name }).click()
  await page.getByRole('heading', { name, level: 2 }).waitFor()
  await page.locator('article').first().waitFor()
}
const openGroup = async (page: Page) => {
  await openChat(page, 'Trip to Rome')
  await page.locator('article img').first().waitFor()
}
const openSettings = async (page: Page, section: string) => {
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByRole('dialog').getByRole('button', { name: section, exact: true }).click()
}

/** All screens that have a picture. A new screen gets a line here. */
export const screens: readonly Screen[] = [
  { name: 'group', show: openGroup },
  { name: 'group-dark', isDark: true, show: openGroup },
  { name: 'direct', show: (page) => openChat(page, 'ben') },
  {
    name: 'group-panel',
    show: async (page) => {
      await openGroup(page)
      await page.getByRole('button', { name: 'About this group' }).click()
      await page.getByRole('dialog', { name: 'Trip to Rome' }).waitFor()
    },
  },
  {
    name: 'safety-number',
    show: async (page) => {
      await openChat(page, 'ben')
      await page.getByRole('main').getByRole('heading', { level: 2 }).getByRole('button').click()
      await page.getByRole('dialog').waitFor()
    },
  },
  {
    name: 'search',
    show: async (page) => {
      await page.keyboard.press('Control+k')
      await page.getByRole('dialog').getByRole('searchbox').fill('train')
      await page.getByRole('dialog').locator('mark').first().waitFor()
    },
  },
  {
    name: 'emoji',
    show: async (page) => {
      await openChat(page, 'ben')
      await page.getByRole('button', { name: 'Emoji' }).click()
      await page.getByLabel('Search emoji').waitFor()
    },
  },
  {
    name: 'keys',
    show: async (page) => {
      await page.getByRole('button', { name: 'Keyboard' }).click()
      await page.getByRole('dialog').waitFor()
    },
  },
  { name: 'settings', show: (page) => openSettings(page, 'Account') },
  { name: 'settings-devices', show: (page) => openSettings(page, 'Devices') },
  { name: 'settings-dark', isDark: true, show: (page) => openSettings(page, 'Privacy') },
  { name: 'phone-chats', isPhone: true, show: async () => {} },
  { name: 'phone-group', isPhone: true, isDark: true, show: openGroup },
]
