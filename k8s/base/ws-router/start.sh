# Fills in the values that only the pod knows: its name server, and the domain of its namespace's
# services. TRUST_PROXY has the addresses or ranges, separated by commas, of the proxies before the
# front door, whose client addresses are trusted. Without it no proxy is trusted.
set -eu
server=$(awk '$1 == "nameserver" { print $2; exit }' /etc/resolv.conf)
case $server in *:*) server="[$server]" ;; esac
domain=$(awk '$1 == "search" || $1 == "domain" { print $2; exit }' /etc/resolv.conf)
proxies=$(echo "${TRUST_PROXY:-unix:}" | sed 's/[ ,][ ,]*/; set_real_ip_from /g')
sed -e "s/@SERVER@/$server/" -e "s/@DOMAIN@/$domain/" -e "s|@PROXY@|$proxies|" /etc/ws-router/nginx.conf >/tmp/nginx.conf
exec nginx -c /tmp/nginx.conf
