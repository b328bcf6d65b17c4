#!/bin/sh
# Runs nginx with the addresses that the hosts have now. nginx asks for them when it reads its configuration and never
# again, and does not start when a name has none; so they are put in here, and again whenever they change: a replica more
# or less, one that came back elsewhere.
#
#   run.sh          runs nginx
#   run.sh reload   looks at once
set -eu
folder=/run/nginx

# Each `server <name>:<port> …` of an upstream, and each `<name>/32` that is trusted, once for each address of the name.
configuration() {
  awk '
    function addresses(name,   command, line) {
      if (name in count) return
      count[name] = 0
      command = "getent ahostsv4 " name " | cut -d\" \" -f1 | sort -u"
      while ((command | getline line) > 0) address[name, ++count[name]] = line
      close(command)
    }
    / [a-z][a-z0-9-]*\/32( 1)?;$/ {
      match($0, /[a-z][a-z0-9-]*\/32/)
      proxy = substr($0, RSTART, RLENGTH - 3)
      addresses(proxy)
      for (i = 1; i <= count[proxy]; i++) {
        line = $0
        sub(proxy, address[proxy, i], line)
        print line
      }
      next
    }
    !/^ *server [a-z0-9-]+:[0-9]+ / { print; next }
    $0 == last { next }
    {
      last = $0
      split($2, place, ":")
      addresses(place[1])
      isBackup = / backup /
      # Without a server, connections are refused, and clients get 503.
      if (count[place[1]] == 0 && !isBackup) print "    server 127.0.0.1:1 max_fails=0;"
      if (count[place[1]] == 1 && isBackup) next
      for (i = 1; i <= count[place[1]]; i++) {
        line = $0
        sub(place[1], address[place[1], i], line)
        print line
      }
    }
  ' /etc/tearline/nginx.conf
}

reload() {
  new=$(configuration)
  [ "$new" = "$(cat $folder/nginx.conf)" ] && return
  echo "$new" >$folder/nginx.conf
  kill -HUP 1
}

if [ "${1:-}" = reload ]; then
  reload
  exit
fi
mkdir -p $folder/tmp
configuration >$folder/nginx.conf
while sleep 2; do reload; done &
exec nginx -p $folder -c $folder/nginx.conf -e stderr
