-- The account key's signature of user id and username. Accounts from before have none until their client logs in again.
alter table "user" add column name_sig bytea check (octet_length(name_sig) = 64);
