import { eventually } from '@fastchat/testkit'
import { expect, test } from 'vitest'
import { Person } from '../support/person.ts'
import { useInstallation } from './installation.ts'

const installation = useInstallation()

test('a group is made, named, enlarged, given roles and left, and each change is a line', async () => {
  installation.keepPictures()
  const [ann, ben] = await Promise.all([installation.open('ann'), installation.open('ben')])
  await Promise.all([ann.signUp(), ben.signUp()])
  const cat = await Person.signUp(installation.url(), 'cat')

  await ann.page.getByRole('button', { name: 'New chat' }).click()
  await ann.page.getByLabel('New group').check()
  await ann.page.getByLabel('Name of the group').fill('Trip')
  await ann.page.getByLabel('Find people by name').fill('ben')
  await ann.page.getByRole('list', { name: 'People' }).getByRole('button', { name: 'ben' }).click()
  await ann.page.getByRole('button', { name: 'Create group with 1 person' }).click()
  await ann.page.getByRole('heading', { name: 'Trip', level: 2 }).waitFor()
  await eventually(() => ben.openChat('Trip'))
  await ben.page.getByRole('button', { name: 'Accept' }).click()

  const panel = ann.page.getByRole('dialog', { name: 'Trip' })
  await ann.page.getByRole('button', { name: 'About this group' }).click()
  await panel.getByRole('button', { name: 'Add people' }).click()
  await panel.getByLabel('Find people by name').fill('cat')
  await panel.getByRole('list', { name: 'People' }).getByRole('button', { name: 'cat' }).click()
  await eventually(async () => expect(await ben.page.getByText('ann added cat').count()).toBeGreaterThan(0))
  await panel.getByLabel('What to do about ben').click()
  await panel.getByRole('button', { name: 'Make admin' }).click()
  await eventually(async () => expect(await ben.page.getByText('ann made you an admin').count()).toBeGreaterThan(0))
  await panel.getByLabel('Topic').fill('Rome in May')
  await panel.getByRole('button', { name: 'Save' }).click()
  await eventually(async () =>
    expect(await ben.page.getByText('ann set the topic: Rome in May').count()).toBeGreaterThan(0),
  )
  await panel.getByLabel('What to do about cat').click()
  await panel.getByRole('button', { name: 'Remove' }).click()
  await eventually(async () => expect(await ben.page.getByText('ann removed cat').count()).toBeGreaterThan(0))

  // A member without the role has no buttons that do nothing.
  await ben.page.getByRole('button', { name: 'About this group' }).click()
  const other = ben.page.getByRole('dialog', { name: 'Trip' })
  expect(await other.getByRole('button', { name: 'Make owner' }).count()).toBe(0)
  await other.getByRole('button', { name: 'Close' }).click()

  await panel.getByText('ben takes over').waitFor()
  await panel.getByRole('button', { name: 'Leave group' }).click()
  await eventually(async () => expect(await ben.page.getByText('ann left').count()).toBeGreaterThan(0))
  await eventually(async () => expect(await ben.page.getByText('You own this group now').count()).toBeGreaterThan(0))
  await ann.page.getByText('You are no longer in this group.').waitFor()
  expect([ann.errors, ben.errors]).toEqual([[], []])
  await cat.offline()
})
