import type { FaultCase } from '../fault-case.ts'

const unsafe = ['off', 'local'] as const

export const unsafeSettings: FaultCase = {
  id: 'F-08',
  title: 'PostgreSQL could lose confirmed commits: no pod starts, no commit is acked',
  installation: { ownPostgres: true },
  async run({ installation, fault, untilAcked, until }) {
    const { stack } = installation
    const [pod = ''] = installation.pods
    const [row] = await stack.sql('select current_database() as name')
    // A setting of the database overrides that of the server, and is overridden by that of a
    // connection.
    const commits = (change: string) => stack.sql(`alter database "${row?.name}" ${change}`)
    for (const value of unsafe) {
      await installation.kill(pod)
      await commits(`set synchronous_commit = ${value}`)
      const refused = await stack.bringUp(pod).then(
        () => false,
        (error: Error) => error.message.includes('synchronous_commit'),
      )
      await commits('reset synchronous_commit')
      if (!refused) throw new Error(`a pod started with synchronous_commit = ${value}, or did not say why not`)
      await installation.bringUp(pod)
      await untilAcked(50)
    }
    const waiting = async () => (await stack.sql("select 1 from pg_stat_activity where wait_event = 'SyncRep'")).length
    const standby = async (name: string) => {
      await stack.sql(`alter system set synchronous_standby_names = '${name}'`)
      await stack.sql('select pg_reload_conf()')
    }
    // Commits wait for a standby that does not exist. A client that cancels the wait is told that
    // its commit may be lost.
    await fault(
      'cancelled waits',
      'postgres',
      async () => {
        await standby('nobody')
        for (let round = 0; round < 20; round++) {
          await stack.sql("select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'")
          await until(async () => {
            if ((await waiting()) === 0) throw new Error('no commit waits for the standby')
          })
        }
      },
      async () => {
        await standby('')
        await until(async () => {
          if ((await waiting()) > 0) throw new Error('some still wait for the standby')
        })
      },
    )
    await untilAcked(100)
  },
}
