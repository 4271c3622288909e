import { maxMembers } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { deviceId, userId } from '../../testing/people.ts'
import { decodeVotes, encodeVotes, maxVotesBytes, type Vote } from './vote.ts'

const voteOf = (n: number): Vote => ({ userId: userId(n), deviceId: deviceId(n), sig: new Uint8Array(64).fill(n) })

test('the votes of the largest group are read as they were written', () => {
  const votes = Array.from({ length: maxMembers }, (_, n) => voteOf(n + 1))
  const bytes = encodeVotes(votes)
  expect(bytes.length).toBeLessThanOrEqual(maxVotesBytes)
  expect(decodeVotes(bytes)).toEqual(votes)
})

test('more votes than a group has members are refused', () => {
  const votes = Array.from({ length: maxMembers + 1 }, (_, n) => voteOf(n + 1))
  expect(() => decodeVotes(encodeVotes(votes))).toThrow('JSON of another shape')
})

test('votes over the limit are refused before they are parsed', () => {
  expect(() => decodeVotes(new Uint8Array(maxVotesBytes + 1))).toThrow('votes too large')
})
