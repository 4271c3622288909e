/**
 * Returns a configuration for plain messages only: no shapers, no TLS, no rosters, and everything
 * archived in SQL at once. The pool is as large as ejabberd's default.
 */
export function ejabberdConfig({ port, database }: { readonly port: number; readonly database: URL }): string {
  return `
hosts: [localhost]
loglevel: error
listen:
  - port: ${port}
    ip: 127.0.0.1
    module: ejabberd_c2s
    backlog: 1024
    max_fsm_queue: 100000
auth_method: [sql]
default_db: sql
sql_type: pgsql
sql_server: 127.0.0.1
sql_port: ${database.port}
sql_database: ${database.pathname.slice(1)}
sql_username: ${decodeURIComponent(database.username)}
sql_password: "${decodeURIComponent(database.password)}"
sql_pool_size: 10
modules:
  mod_mam:
    default: always
    db_type: sql
  mod_muc:
    db_type: mnesia
    max_users: 1000
    min_message_interval: 0
    default_room_options:
      persistent: false
      mam: true
      max_users: 1000
`
}
