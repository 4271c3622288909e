# Fills in what only the pod knows: its name server, and the domain that its namespace's services are in.
set -eu
server=$(awk '$1 == "nameserver" { print $2; exit }' /etc/resolv.conf)
case $server in *:*) server="[$server]" ;; esac
domain=$(awk '$1 == "search" || $1 == "domain" { print $2; exit }' /etc/resolv.conf)
sed -e "s/@SERVER@/$server/" -e "s/@DOMAIN@/$domain/" /etc/ws-router/nginx.conf >/tmp/nginx.conf
exec nginx -c /tmp/nginx.conf
