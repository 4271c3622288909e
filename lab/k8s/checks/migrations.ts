import { migrateJobName, readRelease } from '@fastchat/tools/release'
import type { Check } from '../check.ts'

const job = migrateJobName(readRelease())

export const migrations: Check = {
  name: 'migrations',
  title: 'pods wait for the migration, one Job does it, and a second Job finds nothing to do',
  async run({ installation: { cluster, sql } }) {
    await cluster.untilReady('postgres-0')
    const waiting = [...cluster.podsOf('auth'), ...cluster.podsOf('chat')]
    const early = waiting.filter(({ phase }) => phase !== 'Init').map(({ name }) => name)
    if (early.length > 0) throw new Error(`${early.join(', ')} did not wait`)
    await cluster.runJob(job)
    await cluster.untilReady()
    const applied = async () => (await sql('select migration_name from _prisma_migrations order by finished_at')).length
    const first = await applied()
    await cluster.runJob(job)
    const second = await applied()
    if (first === 0 || second !== first)
      throw new Error(`the first Job ran ${first} migrations, the second Job saw ${second}`)
    return { migrations: first, pods: cluster.pods.length }
  },
}
