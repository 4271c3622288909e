-- The account key signs how the password of this version was set, so that the account's devices can
-- tell. Pods of the version before leave it as it is. It is about a former vault then, and devices
-- ignore it.
alter table vault add column note bytea;
