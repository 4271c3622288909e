# Reads POSTGRES_USER, POSTGRES_PASSWORD_FILE, POSTGRES_DB and PGDATA as the registry's image does.
# Arguments go to the server.
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
  # initdb asks for the name of its user, and a kubelet does not add the user to /etc/passwd.
  if ! getent passwd "$(id -u)" >/dev/null; then
    NSS_WRAPPER_PASSWD=$(mktemp) NSS_WRAPPER_GROUP=$(mktemp)
    echo "postgres:x:$(id -u):$(id -g)::$PGDATA:/bin/false" >"$NSS_WRAPPER_PASSWD"
    echo "postgres:x:$(id -g):" >"$NSS_WRAPPER_GROUP"
    export NSS_WRAPPER_PASSWD NSS_WRAPPER_GROUP LD_PRELOAD="${NSS_WRAPPER:-libnss_wrapper.so}"
  fi
  initdb --username "$POSTGRES_USER" --pwfile "$POSTGRES_PASSWORD_FILE" --auth-local trust --auth-host scram-sha-256 >/dev/null
  echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
  echo "create database \"$POSTGRES_DB\"" | postgres --single -j -D "$PGDATA" postgres >/dev/null
  unset LD_PRELOAD
fi
# With fsGroup the group may write to the volume. The server rejects that.
chmod 0700 "$PGDATA"
exec postgres -c "listen_addresses=*" "$@"
