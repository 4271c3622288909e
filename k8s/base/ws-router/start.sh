# Fills in what only the pod knows: its name server, and the domain that its namespace's services are in. TRUST_PROXY is the address or
# range of a proxy before the front door, which says where clients come from; nobody's word is taken unless it is set.
set -eu
server=$(awk '$1 == "nameserver" { print $2; exit }' /etc/resolv.conf)
case $server in *:*) server="[$server]" ;; esac
domain=$(awk '$1 == "search" || $1 == "domain" { print $2; exit }' /etc/resolv.conf)
sed -e "s/@SERVER@/$server/" -e "s/@DOMAIN@/$domain/" -e "s|@PROXY@|${TRUST_PROXY:-unix:}|" /etc/ws-router/nginx.conf >/tmp/nginx.conf
exec nginx -c /tmp/nginx.conf
