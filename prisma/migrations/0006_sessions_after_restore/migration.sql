-- A session outlives a restore: its client may show a token that the copy does not know yet, once.
alter table refresh_token
  add column generation int not null default 0,
  add column is_restored boolean not null default false;
