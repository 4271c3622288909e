import { eventually } from '@fastchat/testkit'
import { expect, test } from 'vitest'
import { Person } from '../support/person.ts'
import { useInstallation } from './installation.ts'

const installation = useInstallation()

test('two browsers and a program sign up, find each other, and chat', async () => {
  installation.keepPictures()
  const [ann, ben] = await Promise.all([installation.open('ann'), installation.open('ben')])
  await Promise.all([ann.signUp(), ben.signUp()])
  const cat = await Person.signUp(installation.url(), 'cat')

  await ann.openDirect('ben')
  await ann.write('hello **ben**, see https://example.org/x.')
  await eventually(async () => expect(await ben.page.title()).toBe('FastChat'))
  await ben.openChat('ann')
  await eventually(async () => expect(await ben.page.locator('article strong').textContent()).toBe('ben'))
  expect(await ben.page.locator('article a').getAttribute('href')).toBe('https://example.org/x')
  await ben.page.getByRole('button', { name: 'Accept' }).click()
  await ben.write('hello ann')
  await eventually(async () => expect((await ann.texts()).at(-1)).toBe('hello ann'))
  await eventually(async () => expect(await ann.page.locator('[data-state="read"]').count()).toBe(1))

  const users = await Promise.all(['ann', 'ben'].map((name) => cat.client.user(name)))
  const { id: group } = await cat.client.createGroup(
    'Trip',
    users.map(({ userId }) => userId),
  )
  await eventually(() => ann.openChat('Trip'))
  await ann.write('from a page')
  await cat.sees('from a page')
  await cat.send(group, '<img src=x onerror=alert(1)>')
  await eventually(async () => expect((await ann.texts()).at(-1)).toBe('<img src=x onerror=alert(1)>'))

  await ann.page.reload()
  await eventually(() => ann.openChat('Trip'))
  await eventually(async () => expect((await ann.texts()).at(-1)).toBe('<img src=x onerror=alert(1)>'))
  expect([ann.errors, ben.errors]).toEqual([[], []])
  await cat.offline()
})

test('all tabs of a browser are live, and another takes over when the engine of one is killed', async () => {
  installation.keepPictures()
  const [dan, eve] = await Promise.all([installation.open('dan'), installation.open('eve')])
  await Promise.all([dan.signUp(), eve.signUp()])
  await dan.openDirect('eve')
  const second = await dan.newTab(installation.url())
  await second.getByRole('navigation').getByRole('button', { name: 'eve' }).click()
  await dan.write('from the first tab')
  await eventually(async () => expect(await second.locator('article').count()).toBe(1))
  await dan.page.close()
  dan.page = second
  await dan.write('from the second tab')
  await eventually(() => eve.openChat('dan'))
  await eventually(async () => expect(await eve.texts()).toEqual(['from the first tab', 'from the second tab']))
  expect([dan.errors, eve.errors]).toEqual([[], []])
})

test('a second browser needs the name and the password only, and has the old messages', async () => {
  installation.keepPictures()
  const [fay, gus] = await Promise.all([installation.open('fay'), installation.open('gus')])
  await Promise.all([fay.signUp(), gus.signUp()])
  await fay.openDirect('gus')
  for (const text of ['one', 'two', 'three']) await fay.write(text)
  await eventually(async () => expect(await fay.page.locator('[data-state="stored"]').count()).toBe(3))
  await eventually(() => gus.openChat('fay'))
  await eventually(async () => expect(await gus.texts()).toEqual(['one', 'two', 'three']))

  const other = await installation.open('fay')
  await other.logIn()
  await eventually(() => other.openChat('gus'))
  await gus.page.getByRole('button', { name: 'Accept' }).click()
  await gus.write('four')
  await eventually(async () => expect((await other.texts()).at(-1)).toBe('four'))
  expect([fay.errors, gus.errors, other.errors]).toEqual([[], [], []])
})
