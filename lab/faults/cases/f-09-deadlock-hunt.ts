import { Person } from '@fastchat/tests/person'
import type { FaultCase, World } from '../fault-case.ts'

const rounds = 3

export const deadlockHunt: FaultCase = {
  id: 'F-09',
  title: 'three pods write to the same 50 conversations while members join and leave: no deadlock',
  load: { lightDevices: 100, people: 2, perSecond: 500 },
  async run(world) {
    const { installation, untilAcked } = world
    await Promise.all([addAndRemoveGuest(world), untilAcked(5_000)])
    const [row] = await installation.stack.sql(
      'select deadlocks::int as deadlocks from pg_stat_database where datname = current_database()',
    )
    if (Number(row?.deadlocks) !== 0) throw new Error(`${row?.deadlocks} deadlocks`)
  },
}

async function addAndRemoveGuest({ installation: { stack }, until }: World): Promise<void> {
  const [admin, guest] = await Promise.all(['admin', 'guest'].map((name) => Person.signUp(stack.url, name)))
  if (!admin || !guest) throw new Error('the case needs two people')
  try {
    const { id } = await admin.client.createGroup('Comings and goings', [])
    for (let round = 0; round < rounds; round++) {
      await admin.client.addMembers(id, [guest.id])
      await until(() => {
        if (guest.client.conversation(id).record.status !== 'active') throw new Error('the guest is not in')
      })
      await admin.client.removeMembers(id, [guest.id])
    }
  } finally {
    await Promise.all([admin.offline(), guest.offline()])
  }
}
