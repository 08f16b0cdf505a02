#!/usr/bin/env bash
# A private PostgreSQL for tests, on loopback only; nothing of it outlives "stop".
#   postgres.sh start FOLDER PORT     make a cluster in the folder and start it; user and database are mlops, no password
#   postgres.sh kill FOLDER           stop at once, as a crash would
#   postgres.sh restart FOLDER PORT   start it again on what is there
#   postgres.sh stop FOLDER           stop at once and remove the folder
# Its collation is not the byte order, so that a text compared by it shows. The programs are found through PATH or in Debian's folders. As root, which PostgreSQL refuses, they run as the user postgres.
set -euo pipefail
command=$1 folder=$2 port=${3:-}

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1 || true)
[ -n "$bin" ] || bin=$(dirname "$(readlink -f "$(command -v initdb)")")

run() {
  if [ "$(id -u)" -eq 0 ]; then runuser -u postgres -- "$bin/$@"; else "$bin/$@"; fi
}

start() {
  run pg_ctl -D "$folder/data" -l "$folder/log" -w -t 60 start >/dev/null -o "-p $port -c listen_addresses=127.0.0.1 \
    -c unix_socket_directories=$folder -c max_connections=200 -c shared_buffers=256MB -c max_wal_size=4GB"
}

case $command in
start)
  mkdir -p "$folder"
  [ "$(id -u)" -ne 0 ] || chown postgres "$folder"
  run initdb -D "$folder/data" -U mlops -A trust -E UTF8 --locale=C --locale-provider=icu --icu-locale=en-US >/dev/null
  start
  run createdb -h 127.0.0.1 -p "$port" -U mlops mlops
  ;;
restart) start ;;
kill) run pg_ctl -D "$folder/data" -m immediate -w stop >/dev/null ;;
stop)
  run pg_ctl -D "$folder/data" -m immediate -w stop >/dev/null || true
  rm -rf "$folder"
  ;;
*)
  echo "usage: postgres.sh start|kill|restart|stop FOLDER [PORT]" >&2
  exit 2
  ;;
esac
