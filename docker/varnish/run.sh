#!/bin/sh
# Runs Varnish in front of an origin, with the secret of purges from a file. Varnish looks up the origin's address when it reads
# its configuration and never again. So it ends when the address changes, and is started again.
#
#   run.sh <name of the origin> <arguments of varnishd>
set -eu
origin=$1
shift
CDN_PURGE_SECRET=$(cat "$CDN_PURGE_SECRET_FILE")
export CDN_PURGE_SECRET

address() { getent ahostsv4 "$origin" | head -n 1 | cut -d' ' -f1; }

first=$(address)
while sleep 2; do
  now=$(address)
  # Without an address the origin is away, and stored pages are all there is.
  [ -z "$now" ] || [ "$now" = "$first" ] || kill 1
done &
exec varnishd -F -n /tmp/edge -f /etc/tearline/edge.vcl "$@"
