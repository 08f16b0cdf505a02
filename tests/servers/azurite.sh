#!/usr/bin/env bash
# A private Azurite, Azure's own emulator of Blob Storage, for tests, on loopback only; nothing of it outlives "stop".
#   azurite.sh install              put its package into the cache; "start" does it too where it is missing
#   azurite.sh start FOLDER PORT    make an empty account in the folder and serve it; the account is mlops, its key bWxvcHM=
#   azurite.sh kill FOLDER          stop at once, as a crash would; it may forget what it took in the last seconds
#   azurite.sh restart FOLDER PORT  start it again on what is there
#   azurite.sh stop FOLDER          stop at once and remove the folder
# Needs node and npm. The cache is AZURITE_CACHE, by default a folder in the temporary one; it is filled once for all.
set -euo pipefail
command=$1 folder=${2:-} port=${3:-}
version=3.35.0
cache=${AZURITE_CACHE:-${TMPDIR:-/tmp}/mlops-azurite-$version}

install() {
  mkdir -p "$cache"
  # several test runs may begin at once
  exec 9>"$cache/lock"
  flock 9
  [ -f "$cache/complete" ] || npm install --silent --no-audit --no-fund --prefix "$cache" "azurite@$version" >&2
  touch "$cache/complete"
  exec 9>&-
}

is_open() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }

# the client may speak a newer version of the API than the emulator; the server must not hold the caller's pipes
start() {
  AZURITE_ACCOUNTS=mlops:bWxvcHM= nohup node "$cache/node_modules/azurite/dist/src/blob/main.js" --silent --skipApiVersionCheck \
    --disableTelemetry --blobHost 127.0.0.1 --blobPort "$port" --location "$folder/data" </dev/null >>"$folder/log" 2>&1 &
  echo $! >"$folder/pid"
  for _ in $(seq 300); do
    ! is_open || return 0
    kill -0 "$(cat "$folder/pid")" 2>/dev/null || break
    sleep 0.1
  done
  echo "Azurite does not listen on port $port:" >&2
  tail -n 5 "$folder/log" >&2
  return 1
}

end() {
  local pid
  pid=$(cat "$folder/pid" 2>/dev/null) || return 0
  kill -9 "$pid" 2>/dev/null || true
  # in a container nobody may bury the dead
  while grep -q '^State:[[:space:]]*[^Z]' "/proc/$pid/status" 2>/dev/null; do sleep 0.05; done
  rm -f "$folder/pid"
}

case $command in
install) install ;;
start)
  install
  mkdir -p "$folder/data"
  start
  ;;
restart) start ;;
kill) end ;;
stop)
  end
  rm -rf "$folder"
  ;;
*)
  echo "usage: azurite.sh install|start|kill|restart|stop [FOLDER] [PORT]" >&2
  exit 2
  ;;
esac
