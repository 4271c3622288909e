-- The roles of an installation whose services have no more rights than they need. To be run by somebody who may create roles, in the
-- database of FastChat: `node prisma/src/main.ts roles`, or psql. Running it again changes nothing. Nobody can log in as one of them
-- until it has a password: alter role fastchat_auth password '…'.
--
-- fastchat_owner owns what the migrations make. What the others may do is in grants.sql, which every migration ends with.
do $$
declare
  name text;
begin
  foreach name in array array['fastchat_owner', 'fastchat_auth', 'fastchat_chat', 'fastchat_admin'] loop
    if to_regrole(name) is null then execute format('create role %I login', name); end if;
  end loop;
end $$;

-- Services ask for these as they connect; behind a pooler they can't.
alter role fastchat_auth set statement_timeout = '5s';
alter role fastchat_chat set statement_timeout = '5s';
alter role fastchat_chat set lock_timeout = '300ms';

revoke create on schema public from public;
grant usage, create on schema public to fastchat_owner;
grant usage on schema public to fastchat_auth, fastchat_chat, fastchat_admin;
