-- Grants each role of roles.sql the rights that its service needs, and no others. If the roles
-- exist, every migration ends with this file, in one transaction as the owner of the tables. A
-- table or function that a migration adds has no rights until it is named here. A right stays one
-- version longer than it is used, because pods of the version before still run.
--
-- A row lock needs UPDATE of a column. Such a grant names a column that nothing depends on.
do $$
declare
  who constant text := 'fastchat_auth, fastchat_chat, fastchat_admin';
  held text;
begin
  for held in
    with own as (
      select c.oid, c.relkind, c.oid::regclass as name from pg_class c
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'S')
        and c.relowner = (select m.relowner from pg_class m where m.oid = 'message'::regclass)
        and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
    )
    select format('on %s %s from %s', case relkind when 'S' then 'sequence' else 'table' end, name, who) from own
    union all
    -- Revoking the rights to a table leaves those to its columns.
    select format('(%I) on %s from %s', a.attname, own.name, who) from own
    join pg_attribute a on a.attrelid = own.oid and a.attacl is not null
    union all
    -- By default, everyone may call a new function.
    select format('on function %s from public, %s', f.oid::regprocedure, who) from pg_proc f
    where f.pronamespace = 'public'::regnamespace
      and f.proowner = (select m.relowner from pg_class m where m.oid = 'message'::regclass)
      and not exists (select from pg_depend d where d.objid = f.oid and d.deptype = 'e')
  loop
    execute 'revoke all ' || held;
  end loop;
end $$;

-- Services wait for the migrations.
grant select on _prisma_migrations to fastchat_auth, fastchat_chat;

-- auth: accounts, devices, sessions and key packages. It has no rights to conversations;
-- revoke_device appends revocations with the rights of the owner.
grant select, insert, update (created_at, name_sig, password_hash, kdf, password_no) on "user" to fastchat_auth; -- created_at: locks the user while devices are counted or a state is stored
grant select, insert on vault, device to fastchat_auth;
grant update (version, body, note) on vault to fastchat_auth;
grant select, insert, update (version, verifier, body, created_at) on recovery to fastchat_auth;
grant update (name, label) on device to fastchat_auth;
grant select, insert, update (last_change, records) on own_record_head to fastchat_auth;
grant select, insert, update (version, change, body) on own_record to fastchat_auth;
grant select, insert, update (version, body, updated_at) on account_state, account_backup to fastchat_auth;
grant select, insert, update, delete on refresh_token to fastchat_auth;
grant select, insert, update (body), delete on key_package to fastchat_auth;
grant select on installation to fastchat_auth;
grant select, update (uses_left) on invite to fastchat_auth;
grant insert on append_feed to fastchat_auth;
grant execute on function revoke_device, put_own_records, delete_own_account, free_attachments to fastchat_auth;

-- chat: conversations and the log. Of accounts, only the columns that members need; of sessions,
-- only whether one has ended. No password hash, vault, account state, token or key package.
grant select (id, pub_id, account_key, disabled_at, deleted_at, attachment_quota) on "user" to fastchat_chat;
grant select (id, pub_id, user_id, signature_key, revoked_at, revocation), update (created_at) on device to fastchat_chat; -- update: locks the device against a revocation
grant select (family, revoked_at) on refresh_token to fastchat_chat;
grant select (id, db_epoch) on installation to fastchat_chat;
grant select on restore_gap to fastchat_chat;
grant select, insert, update on device_cursor, group_info, leaf, kept_signal to fastchat_chat;
grant select, insert, update, delete on conversation, member, attachment to fastchat_chat;
grant select, insert, delete on message, welcome to fastchat_chat;
grant select, insert, update (at), delete on append_feed to fastchat_chat; -- update: locks old rows that are deleted
grant select, insert on attachment_chunk, group_info_past to fastchat_chat;
grant execute on function
  entry_time, unix_ms, append_messages, append_as_reader, may_write, append_single_message, append_passing_batch, append_row_by_row, bind_attachments,
  append_group_commit, has_pending, append_leave_statement, finish_attachment, put_attachment_chunk, acked_by_all, retire_entries, device_memberships
to fastchat_chat;
grant select (user_id, pub_id, size, body, created_at), delete on backup_segment to fastchat_chat;
grant execute on function store_backup_segment to fastchat_chat;
grant select, insert, update, delete on push_subscription to fastchat_chat;
-- Pods of the version before call these.
grant execute on function append_commit to fastchat_chat;
grant select, insert, update (at), delete on feed to fastchat_chat; -- the former name of append_feed
grant insert on feed to fastchat_auth;
grant select, insert on feed to fastchat_admin;

-- fastchat-admin: the rows that its commands show and change. It reads envelopes only for their
-- size.
grant select (id, pub_id, username, created_at, disabled_at, deleted_at, attachment_quota, invite_id) on "user" to fastchat_admin;
grant update (disabled_at, attachment_quota) on "user" to fastchat_admin;
grant select (id, pub_id, user_id, name, created_at, revoked_at) on device to fastchat_admin;
grant select (device_id, rotated_at, revoked_at, expires_at), update (revoked_at, is_restored) on refresh_token to fastchat_admin;
grant select (body, last_resort), update (body) on key_package to fastchat_admin;
grant select, update on installation, conversation to fastchat_admin;
grant select, insert, update (revoked_at) on invite to fastchat_admin;
grant select on member, leaf, device_cursor to fastchat_admin;
grant select, delete on message, welcome, attachment to fastchat_admin;
grant select, insert on append_feed to fastchat_admin;
grant insert on restore_gap to fastchat_admin;
grant execute on function acked_by_all, retire_entries, delete_account to fastchat_admin;
grant update on sequence
  user_id_seq, device_id_seq, key_package_id_seq, conversation_id_seq, append_feed_id_seq, attachment_id_seq, invite_id_seq
to fastchat_admin;
