import { expect, test } from 'vitest'
import { groupOfDevices } from '../../testing/forge.ts'
import { conversation, createDevice, createPerson, noChecks, trustAll } from '../../testing/people.ts'
import { groupCheckDigits } from './group-check.ts'

const [alice, bob] = [createDevice(createPerson()), createDevice(createPerson())]
const { groups } = await groupOfDevices([alice, bob])
const [one = await Promise.reject(new Error('no group')), other = one] = groups
const digitsOf = (group: typeof one) => groupCheckDigits(conversation, group.epochAuthenticator)

test('all members of an epoch have the same digits', () => {
  expect(digitsOf(one)).toMatch(/^\d{5}( \d{5}){5}$/)
  expect(digitsOf(other)).toBe(digitsOf(one))
})

test('members of another branch or epoch have other digits', async () => {
  const [left, right] = [await one.commit({ trust: trustAll }), await other.commit({ trust: trustAll })]
  expect(digitsOf(left.pending)).not.toBe(digitsOf(right.pending))
  expect(digitsOf(left.pending)).not.toBe(digitsOf(one))
  const { group } = await other.process(left.commit, noChecks)
  expect(digitsOf(group)).toBe(digitsOf(left.pending))
})
