-- Creates the roles of an installation, so each service has only the rights that it needs. Run it
-- in FastChat's database as a role that may create roles: `node prisma/src/main.ts roles`, or psql.
-- A second run changes nothing. A role cannot log in until it has a password: alter role
-- fastchat_auth password '…'.
--
-- fastchat_owner owns the tables that the migrations make. grants.sql, which ends every migration,
-- grants the rights of the others.
do $$
declare
  name text;
begin
  foreach name in array array['fastchat_owner', 'fastchat_auth', 'fastchat_chat', 'fastchat_admin'] loop
    if to_regrole(name) is null then execute format('create role %I login', name); end if;
  end loop;
end $$;

-- Services ask for these settings when they connect. Behind a pooler they cannot.
alter role fastchat_auth set statement_timeout = '5s';
alter role fastchat_chat set statement_timeout = '5s';
alter role fastchat_chat set lock_timeout = '300ms';

revoke create on schema public from public;
grant usage, create on schema public to fastchat_owner;
grant usage on schema public to fastchat_auth, fastchat_chat, fastchat_admin;
