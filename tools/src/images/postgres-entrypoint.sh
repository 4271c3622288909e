# POSTGRES_USER, POSTGRES_PASSWORD_FILE, POSTGRES_DB and PGDATA as the registry's image has them; arguments go to the server.
set -eu
PATH=$(echo /usr/lib/postgresql/*/bin):$PATH
export PGDATA
if [ "$(id -u)" = 0 ]; then
  # The server refuses to run as root.
  mkdir -p "$PGDATA" /var/run/postgresql
  chown postgres "$PGDATA" /var/run/postgresql
  install -o postgres -m 0400 "$POSTGRES_PASSWORD_FILE" /run/postgres-password
  export POSTGRES_PASSWORD_FILE=/run/postgres-password
  exec setpriv --reuid=postgres --regid=postgres --init-groups /bin/sh "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  initdb --username "$POSTGRES_USER" --pwfile "$POSTGRES_PASSWORD_FILE" --auth-local trust --auth-host scram-sha-256 >/dev/null
  echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
  pg_ctl --wait --options "-c listen_addresses=''" start >/dev/null
  createdb --username "$POSTGRES_USER" "$POSTGRES_DB"
  pg_ctl --wait stop >/dev/null
fi
exec postgres -c "listen_addresses=*" "$@"
