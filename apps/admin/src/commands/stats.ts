import type { Context } from '../context.ts'

/** Shows how much is stored. `messages` is PostgreSQL's estimate; the other numbers are exact. */
export async function stats({ database, out }: Context): Promise<void> {
  const { rows } = await database().query<Record<string, string | number | Date | null>>(
    `select
       (select count(*) from "user" where deleted_at is null) as users,
       (select count(*) from "user" where disabled_at is not null and deleted_at is null) as "usersDisabled",
       (select count(*) from "user" where deleted_at is not null) as "usersDeleted",
       (select count(*) from device where revoked_at is null) as devices,
       (select count(distinct device_id) from refresh_token where revoked_at is null and expires_at > now()) as "devicesSignedIn",
       (select count(*) from key_package where not last_resort and body <> '') as "keyPackages",
       (select count(*) from conversation where group_no > 0) as conversations,
       (select count(*) from conversation where pending_ver > 0) as "conversationsPending",
       (select coalesce(sum(n_live_tup), 0)::int8 from pg_stat_user_tables where relname ~ '^message_[0-9]+$') as messages,
       (select count(*) from attachment where complete) as attachments,
       (select coalesce(sum(size), 0)::int8 from attachment where complete) as "attachmentBytes",
       (select count(*) from append_feed) as "feedRows",
       (select min(at) from append_feed) as "feedOldest",
       pg_database_size(current_database()) as "databaseBytes",
       signup, db_epoch as "dbEpoch"
     from installation`,
  )
  out.record(rows[0]!)
}
